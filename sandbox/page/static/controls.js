// The elements of Block Kit that hold a value, as native controls. Each belongs to the reader once drawn:
// `options.chosen` is where it starts, `options.changed(value)` hears of every change.

import { h } from "./dom.js";
import { asText } from "./mrkdwn.js";

const CONTROLS = {
  plain_text_input: (element, options) => (element.multiline ? multiline(element, options) : oneLine(element, options, "text")),
  rich_text_input: (element, options) => multiline(element, options),
  email_text_input: (element, options) => oneLine(element, options, "email"),
  url_text_input: (element, options) => oneLine(element, options, "url"),
  number_input: (element, options) =>
    oneLine(element, options, "text", { inputmode: element.is_decimal_allowed ? "decimal" : "numeric" }),
  datepicker: (element, options) => oneLine(element, options, "date"),
  timepicker: (element, options) => oneLine(element, options, "time"),
  datetimepicker: dateAndTime,
  static_select: (element, options) => select(options, grouped(element), asText(element.placeholder)),
  users_select: (element, options) => select(options, users(options), asText(element.placeholder) || "Choose a person"),
  channels_select: (element, options) => select(options, channels(options), asText(element.placeholder) || "Choose a channel"),
  conversations_select: (element, options) =>
    select(options, channels(options), asText(element.placeholder) || "Choose a conversation"),
  radio_buttons: (element, options) => choices(element, options, "radio"),
  checkboxes: (element, options) => choices(element, options, "checkbox"),
  multi_static_select: (element, options) => several(options, grouped(element)),
  multi_users_select: (element, options) => several(options, users(options)),
};

export function control(element, options) {
  const draw = CONTROLS[element.type];
  return draw ? draw(element, options) : h("p", { class: "b-unknown" }, `An input of the type “${element.type}” stands here.`);
}

// Where a control starts: what was typed before, what the workspace keeps, what the form proposes.
export function startOf(element, kept) {
  if (kept) {
    if ("selected_option" in kept) return kept.selected_option?.value ?? null;
    if ("selected_options" in kept) return (kept.selected_options ?? []).map((option) => option.value);
    const name = Object.keys(kept).find((key) => key === "value" || key.startsWith("selected_"));
    if (name) return kept[name];
  }
  if (element.initial_options) return element.initial_options.map((option) => option.value);
  if (element.initial_option) return element.initial_option.value;
  const name = Object.keys(element).find((key) => key.startsWith("initial_"));
  return name ? element[name] : ["checkboxes", "multi_static_select", "multi_users_select"].includes(element.type) ? [] : null;
}

function common(options) {
  return {
    id: options.id,
    key: options.id,
    "data-testid": options.testid,
    "aria-label": options.labelledby ? null : options.label,
    "aria-describedby": options.describedby ?? null,
    "aria-invalid": options.invalid ? "true" : null,
    "aria-required": options.required ? "true" : null,
    "data-autofocus": options.autofocus ? "" : null,
  };
}

function oneLine(element, options, type, more = {}) {
  return h("input", {
    ...common(options),
    ...more,
    class: options.compact ? "field field-compact" : `field ${type === "date" || type === "time" ? "field-short" : ""}`,
    type,
    autocomplete: "off",
    placeholder: asText(element.placeholder) || null,
    maxlength: element.max_length ?? null,
    initial: options.chosen === null ? "" : String(options.chosen),
    oninput: (event) => options.changed(event.target.value === "" ? null : event.target.value),
    onkeydown: (event) => event.key === "Enter" && options.entered?.(event.target.value),
  });
}

function multiline(element, options) {
  return h("textarea", {
    ...common(options),
    class: "field field-tall",
    rows: 4,
    placeholder: asText(element.placeholder) || null,
    maxlength: element.max_length ?? null,
    initial: options.chosen ?? "",
    oninput: (event) => options.changed(event.target.value === "" ? null : event.target.value),
  });
}

// Slack's value is seconds since 1970; the reader sees their own zone, and UTC beside it.
function dateAndTime(element, options) {
  const seconds = options.chosen;
  const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const utc = seconds ? `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC` : "";
  return h(
    "div",
    { class: "field-with-note" },
    h("input", {
      ...common(options),
      class: options.compact ? "field field-compact" : "field",
      type: "datetime-local",
      initial: seconds ? local(new Date(seconds * 1000)) : "",
      oninput: (event) =>
        options.changed(event.target.value ? Math.round(new Date(event.target.value).getTime() / 1000) : null),
    }),
    utc ? h("span", { class: "field-note" }, utc) : null,
  );
}

function select(options, groups, placeholder) {
  return h(
    "select",
    {
      ...common(options),
      class: options.compact ? "field field-compact" : "field",
      initial: options.chosen ?? "",
      onchange: (event) => options.changed(event.target.value === "" ? null : event.target.value),
    },
    h("option", { value: "" }, placeholder || "Choose…"),
    groups.map((group) =>
      group.label
        ? h("optgroup", { label: group.label }, group.options.map(selectOption))
        : group.options.map(selectOption),
    ),
  );
}

const selectOption = (option) => h("option", { value: option.value, key: option.value }, option.text);

function choices(element, options, type) {
  const chosen = [options.chosen].flat();
  const name = `${options.id}-choice`;
  const changed = (event) => {
    if (type === "radio") return options.changed(event.target.value);
    const group = event.target.closest("[role=group]");
    return options.changed([...group.querySelectorAll("input:checked")].map((box) => box.value));
  };
  return h(
    "div",
    {
      ...common(options),
      class: "choices",
      role: type === "radio" ? "radiogroup" : "group",
      "aria-labelledby": options.labelledby ?? null,
      "aria-required": type === "radio" && options.required ? "true" : null,
    },
    element.options.map((option) =>
      h(
        "label",
        { class: "choice", key: option.value },
        h("input", { type, name, value: option.value, initialChecked: chosen.includes(option.value), onchange: changed }),
        h(
          "span",
          null,
          asText(option.text),
          option.description ? h("span", { class: "choice-note" }, asText(option.description)) : null,
        ),
      ),
    ),
  );
}

function several(options, groups) {
  const all = groups.flatMap((group) => group.options);
  const element = { options: all.map((option) => ({ value: option.value, text: { text: option.text } })) };
  return h("div", { class: "choices-scroll" }, choices(element, options, "checkbox"));
}

function grouped(element) {
  const flat = (list) => list.map((option) => ({ value: option.value, text: asText(option.text) }));
  if (element.option_groups) return element.option_groups.map((g) => ({ label: asText(g.label), options: flat(g.options) }));
  return [{ options: flat(element.options ?? []) }];
}

function users({ state }) {
  const people = Object.entries(state.users).map(([value, user]) => ({ value, text: user.name, bot: user.bot }));
  people.sort((a, b) => a.bot - b.bot || a.text.localeCompare(b.text));
  return [{ options: people }];
}

function channels({ state }) {
  return [{ options: state.channels.filter((c) => !c.dm).map((c) => ({ value: c.id, text: `#${c.name}` })) }];
}
