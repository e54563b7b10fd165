/** Gives a candidate what it needs, wherever it runs: its environment and its permissions, in one call. */
import { Aspects, type IAspect, Validations } from 'aws-cdk-lib';
import { ContainerDefinition, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

/** What can be connected: a function, a task definition, or any other principal, which only gets the grants. */
export type Connectable = LambdaFunction | TaskDefinition | IGrantable;

/** Sets `environment` on a function or a task definition, and returns the principal for the grants. */
export function equip(target: Connectable, environment: Record<string, string>): IGrantable {
  if (target instanceof LambdaFunction) {
    for (const [name, value] of Object.entries(environment)) target.addEnvironment(name, value);
    return target;
  }
  if (target instanceof TaskDefinition) {
    // An aspect, so that it reaches containers that are added later.
    Aspects.of(target).add(new ContainerEnvironment(environment));
    Validations.of(target).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason:
        'The environment names the election, its table and its timings. None of them is a secret, and a candidate needs ' +
        'them before it can read any secret.',
    });
    return target.taskRole;
  }
  return target;
}

class ContainerEnvironment implements IAspect {
  readonly #environment: Record<string, string>;

  constructor(environment: Record<string, string>) {
    this.#environment = environment;
  }

  visit(node: IConstruct): void {
    if (!(node instanceof ContainerDefinition)) return;
    for (const [name, value] of Object.entries(this.#environment)) node.addEnvironment(name, value);
  }
}
