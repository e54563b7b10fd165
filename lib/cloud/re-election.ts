/** The rules that wake the heartbeaters: at once when an office falls vacant, and once a minute whatever was lost. */
import { Duration } from 'aws-cdk-lib';
import { type EventPattern, type IEventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_SOURCE, VACANCY_EVENTS } from '../names/office-events.js';
import { MAX_EVENT_AGE } from './function.js';
import { letEventsUseKey } from './grants.js';
import type { Heartbeater } from './heartbeater.js';
import { checkElectionName, refusal } from './refuse.js';

export interface ReElectionProps {
  /** The election whose vacancies wake them. */
  readonly election: string;
  /** The bus on which changes of office are told. */
  readonly bus: IEventBus;
  /** Whom to wake. More can be added later. Default: none. */
  readonly heartbeaters?: readonly Heartbeater[];
  /** Where events go that EventBridge could not deliver at all (a function that is gone, a permission that is missing). */
  readonly deadLetterQueue: IQueue;
}

/** EventBridge takes so many targets of one rule. */
const MAX_TARGETS = 5;

/**
 * Wakes the heartbeaters of one election. An event is tried once and is void after a minute: the next tick is there by
 * then.
 *
 * @example
 * const reElection = new ReElection(this, 'ReElection', { election: 'billing', bus: events.bus, deadLetterQueue });
 * reElection.addHeartbeater(heartbeater);
 */
export class ReElection extends Construct {
  /** The rules on the bus, one for every five heartbeaters. */
  readonly vacancyRules: readonly Rule[];
  /** The minute ticks, one for every five heartbeaters. */
  readonly tickRules: readonly Rule[];
  readonly #vacancyRules: Rule[] = [];
  readonly #tickRules: Rule[] = [];
  readonly #props: ReElectionProps;
  #targets = 0;

  constructor(scope: Construct, id: string, props: ReElectionProps) {
    super(scope, id);
    checkElectionName(this, props.election);
    this.#props = props;
    this.vacancyRules = this.#vacancyRules;
    this.tickRules = this.#tickRules;
    letEventsUseKey(props.deadLetterQueue);
    for (const heartbeater of props.heartbeaters ?? []) this.addHeartbeater(heartbeater);
  }

  /** Wakes one more. */
  addHeartbeater(heartbeater: Heartbeater): void {
    if (heartbeater.election !== this.#props.election) {
      throw refusal(
        this,
        `${heartbeater.node.path} stands for election ${heartbeater.election}, but these rules are of election ` +
          `${this.#props.election}: add it to the rules of its own.`,
      );
    }
    if (this.#targets % MAX_TARGETS === 0) this.#addRules(this.#targets / MAX_TARGETS + 1);
    this.#targets += 1;
    for (const rule of [this.#vacancyRules.at(-1)!, this.#tickRules.at(-1)!]) {
      rule.addTarget(
        new LambdaFunction(heartbeater.function, {
          retryAttempts: 0,
          maxEventAge: MAX_EVENT_AGE,
          deadLetterQueue: this.#props.deadLetterQueue,
        }),
      );
    }
  }

  #addRules(number: number): void {
    const { election, bus } = this.#props;
    const eventPattern: EventPattern = {
      source: [EVENT_SOURCE],
      detailType: [...VACANCY_EVENTS],
      detail: { election: [election] },
    };
    this.#vacancyRules.push(
      new Rule(this, `Vacancy${number}`, {
        eventBus: bus,
        eventPattern,
        description: `Tenure, election ${election}: wakes its heartbeaters when the office falls vacant`,
      }),
    );
    this.#tickRules.push(
      new Rule(this, `Tick${number}`, {
        schedule: Schedule.rate(Duration.minutes(1)),
        description: `Tenure, election ${election}: wakes its heartbeaters once a minute`,
      }),
    );
  }
}
