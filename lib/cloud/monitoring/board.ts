/** The grid of a dashboard: rows of widgets that fill its 24 columns. Their contents are read at synthesis. */
import { Column, GRID_WIDTH, GraphWidget, type GraphWidgetProps, type IWidget, Row } from 'aws-cdk-lib/aws-cloudwatch';

/** The size of a widget. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** Makes a widget of the given size. */
export type Draw = (size: Size) => IWidget;

/** A graph that starts at zero: a line that looks high is high. */
export const graph =
  (title: string, props: GraphWidgetProps): Draw =>
  (size) =>
    new GraphWidget({ title, leftYAxis: { min: 0, showUnits: false }, ...props, ...size });

/** Widgets side by side, in equal parts of the width or in `parts` of it (`[1, 2]`: a third and two thirds). */
export function row(height: number, draws: readonly Draw[], parts: readonly number[] = draws.map(() => 1)): Row {
  const whole = parts.reduce((sum, part) => sum + part, 0);
  let used = 0;
  let passed = 0;
  const widgets = draws.map((draw, index) => {
    passed += parts[index] ?? 0;
    // Rounded edges, not rounded widths: so that they always add up to the whole.
    const width = Math.round((GRID_WIDTH * passed) / whole) - used;
    used += width;
    return draw({ width, height });
  });
  return new Row(...widgets);
}

/** Rows that are made again at each reading, so that they show what was added after the dashboard was made. */
export class Board implements IWidget {
  readonly width = GRID_WIDTH;
  readonly #rows: () => readonly Row[];
  #x = 0;
  #y = 0;

  constructor(rows: () => readonly Row[]) {
    this.#rows = rows;
  }

  get height(): number {
    return new Column(...this.#rows()).height;
  }

  position(x: number, y: number): void {
    this.#x = x;
    this.#y = y;
  }

  toJson(): object[] {
    const column = new Column(...this.#rows());
    column.position(this.#x, this.#y);
    return column.toJson();
  }
}
