// Faces and names: initials on a quiet colour, the same for the same person everywhere.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const initials = (name) =>
  name.split(/\s+/).filter(Boolean).map((word) => [...word][0]).slice(0, 2).join("").toUpperCase();

function tone(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % 6;
}

export function avatar(id, state, size = "medium") {
  const played = state.people.findIndex((person) => person.slack_id === id);
  const user = state.users[id];
  if (!user || user.bot) return h("span", { class: `avatar avatar-${size} avatar-app`, "aria-hidden": "true" }, icon("bolt"));
  const hue = played >= 0 ? played % 6 : tone(id);
  return h("span", { class: `avatar avatar-${size} tone-${hue}`, "aria-hidden": "true" }, initials(user.name));
}

export function nameOf(id, state) {
  return state.users[id]?.name ?? state.people.find((person) => person.slack_id === id)?.name ?? (state.botName || "App");
}
