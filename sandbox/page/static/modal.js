// The modal on top of a person's stack. It covers the conversation only: the clock and the world stay within
// reach, as they would on a second screen.

import { h } from "./dom.js";
import { blocks } from "./blocks.js";
import { control, startOf } from "./controls.js";
import { icon } from "./icons.js";
import { asText, textObject } from "./mrkdwn.js";
import { viewSurface } from "./surfaces.js";

// What has been typed and not yet submitted, by view: it survives updates, and changing places with somebody.
const drafts = new Map();

function draftOf(view) {
  if (!drafts.has(view.id)) drafts.set(view.id, new Map());
  return drafts.get(view.id);
}

const place = (block, element) => `${block.block_id}/${element.action_id}`;

function current(view, block, element) {
  const draft = draftOf(view);
  const where = place(block, element);
  if (draft.has(where)) return draft.get(where);
  return startOf(element, view.state?.[block.block_id]?.[element.action_id]);
}

// Values go by action_id, or by block_id where two inputs share one.
export function valuesOf(view) {
  const inputs = view.view.blocks.filter((block) => block.type === "input");
  const shared = (id) => inputs.filter((block) => block.element.action_id === id).length > 1;
  return Object.fromEntries(
    inputs.map((block) => [
      shared(block.element.action_id) ? block.block_id : block.element.action_id,
      current(view, block, block.element),
    ]),
  );
}

export function modal(app) {
  const stack = app.state.views;
  if (stack.length === 0) return null;
  const opened = stack[stack.length - 1];
  const { view } = opened;
  const title = `modal-title-${opened.id}`;
  const surface = viewSurface(app, opened, `modal-${opened.id}`);
  const submitting = app.ui.busy.has(`submit:${opened.id}`);
  return h(
    "div",
    { class: "modal-layer", key: opened.id },
    h(
      "div",
      {
        class: "modal",
        role: "dialog",
        "aria-labelledby": title,
        "data-testid": "modal",
        mount: (node) => (node.querySelector("[data-autofocus]") ?? node.querySelector(".modal-close")).focus(),
        onkeydown: (event) => {
          if (event.key === "Escape") app.closeView(opened);
        },
      },
      h(
        "header",
        { class: "modal-head" },
        stack.length > 1
          ? h("button", { type: "button", class: "ghost", "aria-label": "Back to the form before", onclick: () => app.closeView(opened) }, icon("back"))
          : h("span", { class: "avatar avatar-small avatar-app", "aria-hidden": "true" }, icon("bolt")),
        h("h2", { id: title }, asText(view.title)),
        h("button", { type: "button", class: "ghost modal-close", "aria-label": "Close", onclick: () => app.closeView(opened) }, icon("close")),
      ),
      h(
        "form",
        {
          class: "modal-form",
          novalidate: true,
          onsubmit: (event) => {
            event.preventDefault();
            if (!submitting) app.submitView(opened, valuesOf(opened));
          },
        },
        h("div", { class: "modal-body" }, formFault(opened), blocks(view.blocks, surface, inputBlock(app, opened, surface))),
        h(
          "footer",
          { class: "modal-foot" },
          h("button", { type: "button", class: "button", "data-testid": "modal-close", onclick: () => app.closeView(opened) }, asText(view.close) || (view.submit ? "Cancel" : "Close")),
          view.submit
            ? h("button", { type: "submit", class: "button button-primary", "data-testid": "modal-submit", "aria-busy": submitting ? "true" : null, disabled: Boolean(view.submit_disabled) }, h("span", null, asText(view.submit)))
            : null,
        ),
      ),
    ),
  );
}

// A fault of the form as a whole, or of a block that is no longer there, is shown above all.
function formFault(opened) {
  const known = new Set(opened.view.blocks.map((block) => block.block_id));
  const stray = Object.entries(opened.errors).filter(([block]) => !known.has(block)).map(([, text]) => text);
  return stray.length ? h("p", { class: "field-error", role: "alert", key: "fault" }, stray.join(" ")) : null;
}

function inputBlock(app, opened, surface) {
  const inputs = opened.view.blocks.filter((block) => block.type === "input");
  // A dialog that has something to be read first opens at its top, not at its first input.
  const reading = opened.view.blocks.indexOf(inputs[0]) > 2;
  const first = inputs.find((block) => block.element.focus_on_load) ?? (reading ? null : inputs[0]);
  return (block) => {
    const { element } = block;
    const id = `in-${opened.id}-${place(block, element)}`;
    const error = opened.errors[block.block_id];
    const isGroup = ["radio_buttons", "checkboxes", "multi_static_select", "multi_users_select"].includes(element.type);
    const value = current(opened, block, element);
    const label = [asText(block.label), block.optional ? h("span", { class: "optional" }, "optional") : null];
    return h(
      "div",
      { class: error ? "input has-error" : "input" },
      isGroup
        ? h("span", { class: "input-label", id: `${id}-label` }, label)
        : h("label", { class: "input-label", for: id, id: `${id}-label` }, label),
      control(element, {
        id,
        testid: `modal-input-${element.action_id}`,
        labelledby: `${id}-label`,
        describedby: `${id}-note`,
        invalid: Boolean(error),
        required: !block.optional,
        autofocus: block === first,
        chosen: value,
        names: surface.names,
        state: app.state,
        changed: (typed) => {
          draftOf(opened).set(place(block, element), typed);
          if (dispatches(block, element)) surface.act(block, element, typed);
          app.render();
        },
        entered: (typed) => block.dispatch_action && surface.act(block, element, typed),
      }),
      h(
        "div",
        { class: "input-note", id: `${id}-note` },
        error
          ? h("p", { class: "field-error", role: "alert", "data-testid": `modal-error-${block.block_id}` }, icon("warning", 16), error)
          : null,
        block.hint ? h("p", { class: "hint" }, textObject(block.hint, surface.names)) : null,
        counter(element, value),
      ),
    );
  };
}

// Text is sent while typing only where the form asks for it; other controls as soon as they change.
function dispatches(block, element) {
  if (!block.dispatch_action) return false;
  if (!element.type.endsWith("_input")) return true;
  return element.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered") ?? false;
}

function counter(element, value) {
  if (!element.type.endsWith("text_input") || (!element.min_length && !element.max_length)) return null;
  const length = [...(value ?? "")].length;
  if (element.min_length && length < element.min_length) {
    return h("p", { class: "counter" }, length === 0 ? `At least ${element.min_length} characters` : `${element.min_length - length} more`);
  }
  return h("p", { class: "counter" }, element.max_length ? `${length} / ${element.max_length}` : `${length} characters`);
}

// After a refused submission the first fault is where the reader should be.
export function focusFirstFault() {
  document.querySelector(".modal .has-error :is(input, textarea, select)")?.focus();
}
