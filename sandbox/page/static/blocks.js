// Block Kit → nodes. A surface says where the blocks stand and what happens when something is pressed:
// { key, names, state, testids, busy(block, element), chosen(block, element), act(block, element, value), confirm(dialog) }

import { h } from "./dom.js";
import { control } from "./controls.js";
import { formatted } from "./dates.js";
import { emoji, withEmoji } from "./emoji.js";
import { asText, channelLink, link, mention, mrkdwn, safeLink, textObject } from "./mrkdwn.js";

const BLOCKS = {
  header: (block) => h("h3", { class: "b-header" }, asText(block.text)),
  divider: () => h("hr", { class: "b-divider" }),
  section,
  context: (block, surface) =>
    h("div", { class: "b-context" }, block.elements.map((element) => contextElement(element, surface))),
  actions: (block, surface) =>
    h("div", { class: "b-actions" }, block.elements.map((element) => interactive(block, element, surface))),
  image: (block) =>
    h("figure", { class: "b-image" }, block.title ? h("figcaption", null, asText(block.title)) : null, picture(block)),
  rich_text: (block, surface) => h("div", { class: "b-rich" }, block.elements.map((part) => richPart(part, surface))),
  markdown: (block) => h("div", { class: "b-text b-plain" }, block.text),
};

export function blocks(list, surface, input) {
  return list.map((block, index) => {
    const draw = block.type === "input" ? input : BLOCKS[block.type];
    const drawn = draw ? draw(block, surface) : h("p", { class: "b-unknown" }, `A block of the type “${block.type}” stands here.`);
    return h("div", { key: `${block.block_id ?? index}:${block.type}`, class: `b b-is-${block.type}` }, drawn);
  });
}

function section(block, surface) {
  return h(
    "div",
    { class: block.accessory ? "b-section b-has-accessory" : "b-section" },
    h(
      "div",
      { class: "b-section-body" },
      block.text ? h("div", { class: "b-text" }, textObject(block.text, surface.names)) : null,
      block.fields
        ? h("div", { class: "b-fields" }, block.fields.map((field) => h("div", { class: "b-field" }, textObject(field, surface.names))))
        : null,
    ),
    block.accessory ? h("div", { class: "b-accessory" }, interactive(block, block.accessory, surface)) : null,
  );
}

function contextElement(element, surface) {
  if (element.type === "image") return picture(element, "small");
  return h("span", { class: "b-context-text" }, textObject(element, surface.names));
}

// Pictures live elsewhere, and this page loads nothing from elsewhere: the words for them stand in.
function picture(image, size = "") {
  return h("span", { class: `b-picture ${size}`, role: "img", "aria-label": image.alt_text }, image.alt_text || "Image");
}

function interactive(block, element, surface) {
  if (element.type === "image") return picture(element);
  if (element.type === "button" || element.type === "workflow_button") return button(block, element, surface);
  if (element.type === "overflow") return overflow(block, element, surface);
  const label = element.placeholder ? asText(element.placeholder) : "Choose";
  return control(element, {
    id: `${surface.key}-${block.block_id}-${element.action_id}`,
    testid: surface.testids ? `action-${element.action_id}` : null,
    label,
    chosen: surface.chosen(block, element),
    names: surface.names,
    state: surface.state,
    compact: true,
    changed: (value) => press(block, element, surface, value),
  });
}

function button(block, element, surface) {
  const busy = surface.busy(block, element);
  const href = element.url ? safeLink(element.url) : null;
  const props = {
    key: element.action_id,
    class: `button ${element.style ? `button-${element.style}` : ""}`,
    "data-testid": surface.testids ? `action-${element.action_id}` : null,
    "aria-label": element.accessibility_label ?? null,
    "aria-busy": busy ? "true" : null,
    onclick: () => !busy && press(block, element, surface),
  };
  const label = h("span", null, asText(element.text));
  if (href) return h("a", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, label);
  return h("button", { ...props, type: "button" }, label);
}

function overflow(block, element, surface) {
  const options = element.options.map((option) => ({ value: option.value, text: asText(option.text) }));
  return h(
    "select",
    {
      class: "button b-overflow",
      "aria-label": "More actions",
      "data-testid": surface.testids ? `action-${element.action_id}` : null,
      value: "",
      onchange: (event) => {
        const value = event.target.value;
        event.target.value = "";
        press(block, element, surface, value);
      },
    },
    h("option", { value: "" }, "More…"),
    options.map((option) => h("option", { value: option.value }, option.text)),
  );
}

async function press(block, element, surface, value) {
  if (element.confirm && !(await surface.confirm(element.confirm))) return;
  surface.act(block, element, value);
}

// --- rich text

const RICH = {
  rich_text_section: (part, surface) => h("div", { class: "b-text" }, richInline(part.elements, surface)),
  rich_text_preformatted: (part, surface) => h("pre", null, richInline(part.elements, surface)),
  rich_text_quote: (part, surface) => h("blockquote", null, richInline(part.elements, surface)),
  rich_text_list: (part, surface) =>
    h(
      part.style === "ordered" ? "ol" : "ul",
      { class: `b-list indent-${Math.min(part.indent ?? 0, 4)}`, start: part.offset ? part.offset + 1 : null },
      part.elements.map((item) => h("li", null, richInline(item.elements ?? [], surface))),
    ),
};

function richPart(part, surface) {
  return RICH[part.type] ? RICH[part.type](part, surface) : null;
}

const INLINE = {
  text: (element) => multiline(element.text),
  link: (element) => [link(element.url, element.text || element.url)],
  user: (element, { names }) => [mention(element.user_id, null, names)],
  channel: (element, { names }) => [channelLink(element.channel_id, null, names)],
  usergroup: (element, { names }) => [h("span", { class: "mention" }, `@${names.group(element.usergroup_id) ?? "group"}`)],
  broadcast: (element) => [h("span", { class: "mention" }, `@${element.range}`)],
  emoji: (element) => [emoji(element.name) ?? `:${element.name}:`],
  date: (element) => [formatted(element.timestamp, element.format, element.fallback ?? "")],
};

function richInline(elements, surface) {
  return elements.flatMap((element) => {
    const drawn = INLINE[element.type]?.(element, surface) ?? [];
    const style = element.style ?? {};
    return ["code", "strike", "italic", "bold"].reduce(
      (inner, name) => (style[name] ? [h({ code: "code", strike: "s", italic: "em", bold: "strong" }[name], null, inner)] : inner),
      drawn,
    );
  });
}

function multiline(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), withEmoji(line)] : [withEmoji(line)]));
}

// A message without blocks is its text; with blocks the text is only for notifications.
export function messageBody(message, surface) {
  if (message.blocks?.length) return blocks(message.blocks, surface);
  const said = message.text || !message.files?.length ? h("div", { class: "b-text" }, mrkdwn(message.text, surface.names)) : null;
  return h("div", null, said, (message.files ?? []).map(attachment));
}

function attachment(file) {
  const shown = file.image ? h("img", { class: "b-file", src: `api/files/${file.id}`, alt: file.alt || file.title }) : null;
  return h("figure", { class: "b-image" }, h("figcaption", null, file.title), shown);
}
