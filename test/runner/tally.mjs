/** What has passed and failed so far, and how long each step took: for the lines at the end of a run. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  #times = [];

  /** Counts a step that either passes or fails as a whole. */
  count({ title, passed }) {
    this[passed ? 'passed' : 'failed'] += 1;
    if (!passed) console.error(`FAILED: ${title}`);
    return passed;
  }

  /** @param {string} title @param {number} seconds */
  took(title, seconds) {
    this.#times.push([title, seconds]);
    console.log(`   ${seconds.toFixed(0)} s: ${title}`);
  }

  /** The closing table, and the line that counts. */
  close() {
    const width = Math.max(...this.#times.map(([title]) => title.length));
    console.log('\ntook');
    for (const [title, seconds] of this.#times)
      console.log(`  ${title.padEnd(width)}  ${seconds.toFixed(0).padStart(5)} s`);
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    console.log(`\n${this.passed} passed, ${this.failed} failed${skipped}`);
    return this.failed > 0 ? 1 : 0;
  }
}
