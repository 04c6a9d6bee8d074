// Block Kit's second thought: a native dialog that resolves to yes or no.

import { h, patch } from "./dom.js";
import { asText, textObject } from "./mrkdwn.js";

export function confirmed(question, names) {
  const host = document.createElement("div");
  document.body.append(host);
  return new Promise((resolve) => {
    const finish = (answer) => {
      host.remove();
      resolve(answer);
    };
    const style = question.style === "danger" ? "button-danger-filled" : "button-primary";
    patch(
      host,
      h(
        "dialog",
        {
          class: "confirm",
          "aria-labelledby": "confirm-title",
          "data-testid": "confirm",
          mount: (node) => node.showModal(),
          oncancel: (event) => {
            event.preventDefault();
            finish(false);
          },
        },
        h("h2", { id: "confirm-title" }, asText(question.title)),
        h("div", { class: "b-text" }, textObject(question.text, names)),
        h(
          "footer",
          null,
          h("button", { type: "button", class: "button", "data-testid": "confirm-deny", onclick: () => finish(false) }, asText(question.deny) || "Cancel"),
          h("button", { type: "button", class: `button ${style}`, "data-testid": "confirm-yes", onclick: () => finish(true) }, asText(question.confirm) || "Yes"),
        ),
      ),
    );
  });
}
