/** Gives a candidate what it needs, wherever it runs: its environment and its permissions, in one call. */
import { Aspects, type IAspect, Validations } from 'aws-cdk-lib';
import { ContainerDefinition, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

/** What can be connected: a function, a task definition, or whoever is only to be granted. */
export type Connectable = LambdaFunction | TaskDefinition | IGrantable;

/** Sets `environment` where there is one to set, and gives the principal to grant to. */
export function equip(target: Connectable, environment: Record<string, string>): IGrantable {
  if (target instanceof LambdaFunction) {
    for (const [name, value] of Object.entries(environment)) target.addEnvironment(name, value);
    return target;
  }
  if (target instanceof TaskDefinition) {
    // An aspect, so that containers are reached that are added later.
    Aspects.of(target).add(new ContainerEnvironment(environment));
    Validations.of(target).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason:
        'The environment names the election, its table and its timings. None of them is a secret, and a candidate must have ' +
        'them before it can ask anybody for a secret.',
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
