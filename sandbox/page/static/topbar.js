// The procedure's clock, whether the ledger holds, and the page's own switches.

import { h } from "./dom.js";
import { shortDate, time, zone } from "./dates.js";
import { icon } from "./icons.js";

const STEPS = [
  [60, "+1 min", "one minute"],
  [600, "+10 min", "ten minutes"],
  [3600, "+1 h", "one hour"],
  [10800, "+3 h", "three hours"],
  [86400, "+1 day", "one day"],
  [2678400, "+1 month", "thirty-one days"],
];

export function topbar(app) {
  return h(
    "header",
    { class: "top" },
    h(
      "div",
      { class: "brand" },
      h("span", { class: "brand-mark", "aria-hidden": "true" }, icon("bolt")),
      h("span", { class: "brand-name" }, "Emergency change"),
      h("span", { class: "brand-tag" }, "sandbox"),
    ),
    clock(app),
    h(
      "div",
      { class: "top-end" },
      app.ui.connected ? null : h("span", { class: "pill pill-warn", role: "status" }, "Reconnecting…"),
      verdictPill(app),
      h("button", { type: "button", class: "ghost", "aria-label": "What to try", title: "What to try", "aria-expanded": app.ui.hint ? "true" : "false", onclick: app.toggleHint }, icon("help")),
      h("button", { type: "button", class: "ghost", "aria-label": "Switch between light and dark", title: "Light or dark", "data-testid": "theme-toggle", onclick: app.toggleTheme }, icon(app.isDark() ? "sun" : "moon")),
    ),
  );
}

function clock(app) {
  const now = new Date(app.state.now);
  const moving = app.ui.moving;
  return h(
    "div",
    { class: "clock", role: "group", "aria-label": "The procedure’s clock" },
    h(
      "time",
      { class: "clock-now", datetime: app.state.now, "data-testid": "clock-now", title: `${now.toUTCString()} — the procedure’s clock, not yours` },
      h("span", { class: "clock-time" }, time(now)),
      h("span", { class: "clock-day" }, `${shortDate(now)} `, h("span", { class: "clock-zone" }, zone(now))),
    ),
    h(
      "div",
      { class: "clock-steps" },
      STEPS.map(([seconds, label, words]) =>
        h(
          "button",
          {
            type: "button",
            "data-testid": `clock-advance-${seconds}`,
            "aria-label": `Move the clock forward by ${words}`,
            "aria-busy": moving === seconds ? "true" : null,
            disabled: moving !== null,
            onclick: () => app.advance(seconds),
          },
          h("span", null, label),
        ),
      ),
    ),
  );
}

function verdictPill(app) {
  const { verdict, verifying } = app.ui;
  const since = (app.state.ledger[0]?.sequence ?? 0) - (verdict?.upTo ?? 0);
  let [tone, text] = ["", "Verify ledger"];
  if (verifying) text = "Verifying…";
  else if (verdict && !verdict.ok) [tone, text] = ["pill-bad", "Ledger does not verify"];
  else if (verdict && since > 0) text = `Verified · ${since} new since`;
  else if (verdict) [tone, text] = ["pill-ok", "Ledger verified"];
  return h(
    "button",
    { type: "button", class: `pill pill-button ${tone}`, "data-testid": "verify-pill", onclick: () => app.verify(true) },
    icon("shield", 16),
    h("span", null, text),
  );
}
