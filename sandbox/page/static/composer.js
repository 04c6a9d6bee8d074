// Where the person types: a slash command, with its words offered, or a plain message.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const WORDS = [
  ["", "Open the form for an emergency change"],
  ["status", "Where a change stands"],
  ["list", "Every change that is open"],
  ["done", "The emergency is over; say what you did"],
  ["extend 30m", "Keep the access for longer"],
  ["end", "End the access of a change now"],
  ["withdraw", "Take a request back before it began"],
  ["retrospective", "Write the look back"],
  ["remediate", "Say what became of a rejected change"],
  ["accept", "Accept the retrospective and close the change"],
  ["help", "All the words, explained"],
];
const TAKES_A_CHANGE = new Set(["status", "done", "extend 30m", "end", "withdraw", "retrospective", "remediate", "accept"]);

export function offers(app, text) {
  if (!text.startsWith("/") || text.includes("\n")) return [];
  const command = app.state.commands[0] ?? "/emergency-change";
  const typed = text.replace(/\s+/g, " ");
  const all = WORDS.map(([word, what]) => ({ text: word ? `${command} ${word}` : command, what }));
  const word = WORDS.map(([word]) => word).find((word) => TAKES_A_CHANGE.has(word) && typed.startsWith(`${command} ${word} `));
  if (word) all.push(...changes(app).map((id) => ({ text: `${command} ${word} ${id}`, what: "" })));
  return all.filter((offer) => offer.text.startsWith(typed.trimEnd()) && offer.text !== typed.trimEnd()).slice(0, 11);
}

function changes(app) {
  return [...new Set(app.state.ledger.map((entry) => entry.change).filter(Boolean))].slice(0, 6);
}

export function composer(app, { channel, threadTs = null, placeholder, testid }) {
  const where = threadTs ? `${channel}/${threadTs}` : channel;
  const text = app.ui.drafts[where] ?? "";
  const list = threadTs || app.ui.offersHidden === text ? [] : offers(app, text);
  const chosen = Math.min(app.ui.offer, list.length - 1);
  const listId = `offers-${where}`;
  const set = (node, value) => {
    node.value = value;
    fit(node);
    app.draft(where, value);
  };
  const complete = (node, offer) => {
    set(node, `${offer.text} `);
    node.focus();
  };
  const submit = (node) => {
    if (node.value.trim() === "") return;
    app.say(channel, threadTs, node.value.trim());
    set(node, "");
  };
  return h(
    "form",
    {
      class: "composer",
      key: `composer-${where}`,
      onsubmit: (event) => {
        event.preventDefault();
        submit(event.target.querySelector("textarea"));
      },
    },
    list.length > 0 ? suggestions(list, chosen, listId, complete) : null,
    h("textarea", {
      class: "composer-text",
      rows: 1,
      initial: text,
      "aria-label": placeholder,
      placeholder,
      "data-testid": testid,
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
      "aria-controls": list.length > 0 ? listId : null,
      "aria-activedescendant": list.length > 0 && chosen >= 0 ? `${listId}-${chosen}` : null,
      mount: fit,
      oninput: (event) => {
        fit(event.target);
        app.draft(where, event.target.value);
      },
      onkeydown: (event) => keydown(app, event, { list, chosen, complete, submit }),
    }),
    h("button", { type: "submit", class: "composer-send", "aria-label": "Send", "data-ready": text.trim() ? "true" : "false" }, icon("send")),
  );
}

// Enter sends what is a whole command already; it completes only what was picked, or a command half typed.
function keydown(app, event, { list, chosen, complete, submit }) {
  const node = event.target;
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (list.length > 0 && move) {
    event.preventDefault();
    app.pick((chosen + move + list.length + (chosen < 0 && move < 0 ? 1 : 0)) % list.length);
  } else if (list.length > 0 && event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    complete(node, list[Math.max(chosen, 0)]);
  } else if (list.length > 0 && event.key === "Escape") {
    app.hideOffers(node.value);
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    const half = node.value.startsWith("/") && !app.state.commands.includes(node.value.trim().split(/\s/)[0]);
    if (list.length > 0 && (chosen >= 0 || half)) complete(node, list[Math.max(chosen, 0)]);
    else submit(node);
  }
}

function suggestions(list, chosen, listId, complete) {
  return h(
    "ul",
    { class: "offers", id: listId, role: "listbox", "aria-label": "Commands" },
    list.map((offer, index) => {
      const [command, ...words] = offer.text.split(" ");
      return h(
        "li",
        {
          key: offer.text,
          id: `${listId}-${index}`,
          role: "option",
          class: index === chosen ? "is-chosen" : "",
          "aria-selected": index === chosen ? "true" : "false",
          onmousedown: (event) => {
            event.preventDefault();
            complete(event.target.closest("form").querySelector("textarea"), offer);
          },
        },
        h("span", { class: "offer-text" }, h("span", { class: "offer-command" }, command), words.length ? ` ${words.join(" ")}` : ""),
        h("span", { class: "offer-what" }, offer.what),
      );
    }),
  );
}

function fit(node) {
  node.style.height = "auto";
  node.style.height = `${Math.min(node.scrollHeight, 160)}px`;
}
