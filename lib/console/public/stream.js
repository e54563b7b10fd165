/**
 * The stream of facts. It comes back by itself when the console was gone, says where it stopped, and takes no fact twice;
 * a console that was restarted sends all it knows again, and the page begins again with that.
 */

const SILENT_MS = 8_000;
const AGAIN_MS = 700;

export function follow({ token, onHello, onFact, onLink }) {
  let source;
  let run;
  let last = 0;
  let heardAt = performance.now();

  const heard = () => {
    heardAt = performance.now();
  };

  function open() {
    const query = new URLSearchParams();
    if (token) query.set('token', token);
    if (run) query.set('after', `${run}.${last}`);
    heard();
    source = new EventSource(`/events?${query}`);
    source.addEventListener('hello', (event) => {
      heard();
      const hello = JSON.parse(event.data);
      if (hello.run !== run || !hello.resumed) last = 0;
      run = hello.run;
      onHello(hello);
      onLink(true);
    });
    source.addEventListener('fact', (event) => {
      heard();
      const n = Number(event.lastEventId.split('.')[1]);
      if (n <= last) return;
      last = n;
      onFact(JSON.parse(event.data));
    });
    source.addEventListener('tick', heard);
    source.addEventListener('error', again);
  }

  /** The browser's own way of coming back gives up at the first refusal: this one does not. */
  function again() {
    source.close();
    onLink(false);
    setTimeout(open, AGAIN_MS);
  }

  setInterval(() => {
    if (source.readyState !== EventSource.CLOSED && performance.now() - heardAt > SILENT_MS) again();
  }, 1_000);
  open();
}
