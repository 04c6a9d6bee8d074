// The frame around everything: the bar, the hint, three panes, and the tabs that stand in for them on a phone.

import { conversation, thread } from "./conversation.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { modal } from "./modal.js";
import { sidebar } from "./sidebar.js";
import { topbar } from "./topbar.js";
import { world } from "./world.js";

export function frame(app) {
  const { ui } = app;
  return [
    topbar(app),
    ui.hint ? hint(app) : null,
    h(
      "main",
      { class: "panes", "data-pane": ui.pane, "data-thread": ui.thread ? "open" : "closed", key: "panes" },
      sidebar(app),
      h("div", { class: "talk" }, conversation(app), thread(app), modal(app)),
      world(app),
    ),
    paneTabs(app),
    h(
      "div",
      { class: "toasts", role: "status", "aria-live": "polite", key: "toasts" },
      ui.toasts.map((toast) =>
        h(
          "div",
          { class: `toast toast-${toast.tone}`, key: toast.id },
          icon(toast.tone === "bad" ? "warning" : "talk", 18),
          h("p", null, toast.text),
          h("button", { type: "button", class: "ghost", "aria-label": "Dismiss", onclick: () => app.dismiss(toast.id) }, icon("close", 16)),
        ),
      ),
    ),
  ];
}

function hint(app) {
  return h(
    "section",
    { class: "hint-panel", "aria-label": "What to try", "data-testid": "hint", key: "hint" },
    h(
      "p",
      null,
      "Production is broken and you are on call: type ",
      h("code", null, "/emergency-change"),
      ", fill in the form, and watch the ticket, the access and the ledger follow. ",
      "Then play an approver and decide on what you asked for. ",
      "Move the clock to see what happens when nobody answers, break something under Outside, and verify the ledger whenever you doubt it.",
    ),
    h("button", { type: "button", class: "button", "data-testid": "hint-close", onclick: app.toggleHint }, "Got it"),
  );
}

function paneTabs(app) {
  const news = ["ticket", "access", "ledger"].some((tab) => app.isNews(tab));
  const unread = app.state.channels.some((channel) => app.unread(channel.id));
  const tab = (id, name, label, dot) =>
    h(
      "button",
      { type: "button", "aria-pressed": app.ui.pane === id ? "true" : "false", "data-testid": `pane-${id}`, onclick: () => app.openPane(id) },
      h("span", { class: "pane-icon" }, icon(name), dot ? h("span", { class: "dot" }) : null),
      label,
    );
  return h(
    "nav",
    { class: "pane-tabs", "aria-label": "Parts of the page", key: "pane-tabs" },
    tab("side", "people", "Workspace", unread),
    tab("talk", "talk", "Conversation", false),
    tab("world", "globe", "World", news),
  );
}
