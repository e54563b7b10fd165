/**
 * The terminal while the live view uses it: the alternate screen, redrawn in place, and restored however the process ends,
 * SIGKILL excepted.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import type { TerminalTraits } from './live-view-layout.js';

const OPEN = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const CLOSE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const REST_OF_LINE = '\x1b[K';
const REST_OF_SCREEN = '\x1b[J';

export class TerminalScreen {
  #isOpen = false;
  readonly #close = () => this.close();
  readonly #hear = (text: string) => {
    for (const key of text) this.onKey(key);
  };

  constructor(
    private readonly input: ReadStream,
    private readonly output: WriteStream,
    private readonly onKey: (key: string) => void,
    private readonly onResize: () => void,
  ) {}

  open(): void {
    this.#isOpen = true;
    // Also for an exception that nobody caught, and for process.exit().
    process.once('exit', this.#close);
    this.output.write(OPEN);
    this.output.on('resize', this.onResize);
    this.input.setRawMode(true);
    this.input.setEncoding('utf8').on('data', this.#hear).resume();
  }

  /** May be called again. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#close);
    this.output.off('resize', this.onResize);
    this.input.off('data', this.#hear).pause();
    this.input.setRawMode(false);
    this.output.write(CLOSE);
  }

  /** In one write, over what is there: nothing is blank in between, so nothing flickers. */
  show(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const text = lines.map((line) => line + REST_OF_LINE).join('\r\n');
    this.output.write(HOME + text + REST_OF_SCREEN);
  }

  get traits(): TerminalTraits {
    const { columns = 80, rows = 24 } = this.output;
    return { columns, rows, ...terminalPreferences() };
  }
}

/** What the user's environment says of colour and of characters. */
export function terminalPreferences(env: NodeJS.ProcessEnv = process.env): Pick<TerminalTraits, 'colour' | 'unicode'> {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return { colour: !env.NO_COLOR, unicode: /utf-?8/i.test(locale) };
}
