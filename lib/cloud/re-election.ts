/** The rules that wake the heartbeaters: at once when an office becomes vacant, and once a minute, whatever was lost. */
import { Duration } from 'aws-cdk-lib';
import { type IEventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_SOURCE, LOSS_EVENTS, VACANCY_EVENTS } from '../names/office-events.js';
import { MAX_EVENT_AGE } from './function.js';
import { letEventsUseKey } from './grants.js';
import type { Heartbeater, Mode } from './heartbeater.js';
import { checkElectionName, refusal } from './refuse.js';

/** How a {@link ReElection} is made. */
export interface ReElectionProps {
  /** The election whose vacancies wake them. */
  readonly election: string;
  /** The bus on which changes of office are published. */
  readonly bus: IEventBus;
  /** The heartbeaters to wake. More can be added later. Default: none. */
  readonly heartbeaters?: readonly Heartbeater[];
  /** Where events go that EventBridge cannot deliver at all (a deleted function, a missing permission). */
  readonly deadLetterQueue: IQueue;
}

/** EventBridge allows this many targets per rule. */
const MAX_TARGETS = 5;

/** The rules of one kind, each with at most that many targets. */
class Rules {
  readonly rules: Rule[] = [];
  #targets = 0;

  constructor(private readonly make: (number: number) => Rule) {}

  /** The rule that has room for one more. */
  next(): Rule {
    if (this.#targets % MAX_TARGETS === 0) this.rules.push(this.make(this.rules.length + 1));
    this.#targets += 1;
    return this.rules.at(-1)!;
  }
}

/**
 * Wakes the heartbeaters of one election. An event is tried once and is void after a minute, because the next tick has
 * come by then. Section 8, minute tick and re-election.
 *
 * @example
 * const reElection = new ReElection(this, 'ReElection', { election: 'billing', bus: events.bus, deadLetterQueue });
 * reElection.addHeartbeater(heartbeater);
 */
export class ReElection extends Construct {
  readonly #props: ReElectionProps;
  readonly #ticks: Rules;
  readonly #vacancies: Readonly<Record<Mode, Rules>>;

  constructor(scope: Construct, id: string, props: ReElectionProps) {
    super(scope, id);
    const election = checkElectionName(this, props.election);
    this.#props = props;
    this.#ticks = new Rules(
      (number) =>
        new Rule(this, `Tick${number}`, {
          schedule: Schedule.rate(Duration.minutes(1)),
          description: `Tenure, election ${election}: wakes its heartbeaters once a minute`,
        }),
    );
    this.#vacancies = {
      always: new Rules((number) =>
        this.#onTheBus(`Vacancy${number}`, VACANCY_EVENTS, 'when the office becomes vacant'),
      ),
      duty: new Rules((number) =>
        this.#onTheBus(`Loss${number}`, LOSS_EVENTS, 'in mode duty when their leader is lost'),
      ),
    };
    letEventsUseKey(props.deadLetterQueue);
    for (const heartbeater of props.heartbeaters ?? []) this.addHeartbeater(heartbeater);
  }

  /** The rules on the bus: one for every five heartbeaters in mode `always`, and for every five in mode `duty`. */
  get vacancyRules(): readonly Rule[] {
    return [...this.#vacancies.always.rules, ...this.#vacancies.duty.rules];
  }

  /** The minute ticks, one for every five heartbeaters. */
  get tickRules(): readonly Rule[] {
    return this.#ticks.rules;
  }

  /** Adds a heartbeater to wake. */
  addHeartbeater(heartbeater: Heartbeater): void {
    if (heartbeater.election !== this.#props.election) {
      throw refusal(
        this,
        `${heartbeater.node.path} stands for election ${heartbeater.election}, but these rules are of election ` +
          `${this.#props.election}: add it to the rules of its own.`,
      );
    }
    for (const rule of [this.#vacancies[heartbeater.mode].next(), this.#ticks.next()]) {
      rule.addTarget(
        new LambdaFunction(heartbeater.function, {
          retryAttempts: 0,
          maxEventAge: MAX_EVENT_AGE,
          deadLetterQueue: this.#props.deadLetterQueue,
        }),
      );
    }
  }

  #onTheBus(id: string, events: readonly string[], when: string): Rule {
    const { election, bus } = this.#props;
    return new Rule(this, id, {
      eventBus: bus,
      eventPattern: { source: [EVENT_SOURCE], detailType: [...events], detail: { election: [election] } },
      description: `Tenure, election ${election}: wakes its heartbeaters ${when}`,
    });
  }
}
