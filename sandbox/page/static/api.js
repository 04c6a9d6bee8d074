// The page's only way to its server. Addresses are relative, so the page may be mounted anywhere.

export class Refused extends Error {}

export async function snapshot(as) {
  const query = as ? `?as=${encodeURIComponent(as)}` : "";
  return answered(await fetch(`api/state${query}`, { cache: "no-store" }));
}

export async function send(what, body) {
  return answered(
    await fetch(`api/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body ?? {}),
    }),
  );
}

async function answered(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.error ?? `The sandbox answered ${response.status}.`);
  return answer;
}

// EventSource reconnects by itself; `connected` follows it.
export function listenToWorld({ changed, clock, connected }) {
  const stream = new EventSource("api/stream");
  stream.addEventListener("open", () => connected(true));
  stream.addEventListener("error", () => connected(false));
  stream.addEventListener("changed", (event) => changed(Number(event.data)));
  stream.addEventListener("clock", (event) => clock(event.data));
}
