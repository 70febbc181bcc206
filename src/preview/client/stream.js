// The server's events, over one request that never ends. A connection that is lost is made again by itself; what was missed
// meanwhile shows in the number that the first event brings.

/** The server sends at least a comment every 15 seconds; silence for longer than this is a dead connection. */
const SILENCE = 40_000;
/** Waits before the next try, in milliseconds; the last one repeats. */
const WAITS = [50, 100, 200, 400, 800, 1000];

export class Stream {
  /** `told` gets the data of each event; `connected` gets whether there is a connection. */
  constructor(address, told, connected) {
    Object.assign(this, { address, told, connected, tries: 0 });
    // A page that nobody sees holds no connection: a browser has six of them for each server.
    addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", () => this.open());
    addEventListener("online", () => this.again(0));
    if (!document.hidden) this.open();
  }

  open() {
    if (this.request) return;
    clearTimeout(this.waiting);
    const request = (this.request = new AbortController());
    this.listen(request).catch(() => {}).finally(() => this.request === request && this.lost());
  }

  close() {
    clearTimeout(this.waiting);
    clearTimeout(this.watch);
    const request = this.request;
    this.request = undefined;
    request?.abort();
  }

  lost() {
    this.connected(false);
    this.again(WAITS[Math.min(this.tries++, WAITS.length - 1)]);
  }

  again(wait) {
    this.close();
    if (document.hidden) return;
    this.waiting = setTimeout(() => this.open(), wait);
  }

  async listen(request) {
    const response = await fetch(this.address, { headers: { accept: "text/event-stream" }, cache: "no-store", signal: request.signal });
    if (!response.ok || !response.headers.get("content-type")?.startsWith("text/event-stream")) throw new Error(response.statusText);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      this.heard(request);
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const events = text.split(/\r?\n\r?\n/);
      text = events.pop();
      events.forEach((event) => this.take(event));
    }
  }

  heard(request) {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => request.abort(), SILENCE);
  }

  take(event) {
    const lines = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
    if (!lines.length) return;
    this.tries = 0;
    this.connected(true);
    this.told(JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n")));
  }
}
