// A value that both the page and the player set. What the player sent comes back with a later rerun of the page, by
// when the user may be further on: an echo is no news.

export class Echo<Value extends number | string | null> {
  private sent: Value[] = [];

  constructor(private value: Value | undefined) {}

  /** Note what is sent to the page. */
  send(value: Value): void {
    if (value !== this.value) this.sent.push(value);
  }

  /** Take what the page says; tell whether it is anything but what it said before or was sent. */
  news(value: Value): boolean {
    if (value === this.value) return false;
    this.value = value;
    const own = this.sent.indexOf(value);
    this.sent = this.sent.slice(own + 1);
    return own < 0;
  }
}
