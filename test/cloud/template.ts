/** Reads a synthesised template as a person would: resources by their path, permissions as lines of text. */
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from '../../bin/config.js';
import { TenureStack } from '../../bin/stack.js';

/** What the tests look at of any resource; all else is compared as a whole. */
export interface Properties {
  readonly [name: string]: unknown;
  readonly PolicyDocument: { readonly Statement: Statement[] };
  readonly Roles: unknown[];
  readonly Environment: { readonly Variables: Record<string, unknown> };
}

interface Resource {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: { readonly 'aws:cdk:path': string };
}

/** An app; without bundling, unless that is what is tested. */
export function makeApp({ bundling = false } = {}): App {
  return new App({
    context: {
      'aws:cdk:enable-path-metadata': true,
      ...(!bundling && { 'aws:cdk:bundling-stacks': [] }),
    },
  });
}

/** A stack in an app of its own. */
export function makeStack({ region }: { region?: string } = {}): Stack {
  return new Stack(makeApp(), 'Stack', { env: region ? { account: '123456789012', region } : undefined });
}

/** The stack of the app in bin/, with these settings. */
export function makeDemo(settings: Record<string, unknown> = {}, options: { bundling?: boolean } = {}): TenureStack {
  const config = readConfig(settings);
  const env = config.region ? { account: '123456789012', region: config.region } : undefined;
  return new TenureStack(makeApp(options), config.stackName, config, { env });
}

/** Has cdk-nag look at the stack as well: a finding makes synthesis throw. */
export function withNag(stack: Stack): Stack {
  const app = stack.node.root as App;
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return stack;
}

/** A synthesised stack. */
export class Synthesised {
  readonly resources: Record<string, Resource>;
  readonly json: { readonly Resources: Record<string, Resource>; readonly Outputs?: Record<string, unknown> };

  constructor(stack: Stack) {
    this.json = (stack.node.root as App).synth().getStackByName(stack.stackName).template;
    Template.fromJSON(this.json); // which refuses resources that wait for each other
    this.resources = Object.fromEntries(
      Object.entries(this.json.Resources).map(([id, resource]) => [this.name(id), resource]),
    );
  }

  /** The path of a resource, without the stack. */
  name(logicalId: string): string {
    const path = this.json.Resources[logicalId]?.Metadata?.['aws:cdk:path'] ?? logicalId;
    return path.replace(/^[^/]*\//, '').replace(/\/Resource$/, '');
  }

  /** The resources of a type, by their path. */
  of(type: string): Record<string, Resource> {
    return Object.fromEntries(Object.entries(this.resources).filter(([, { Type }]) => Type === type));
  }

  /** The properties of the one resource of a type. */
  only(type: string): Properties {
    const found = Object.values(this.of(type));
    if (found.length !== 1) throw new Error(`${found.length} resources of ${type}`);
    return found[0]!.Properties;
  }

  /** A value in which references are named by the path of what they refer to. */
  text(value: unknown): string {
    if (typeof value === 'string') return value;
    const { Ref, 'Fn::GetAtt': att, 'Fn::Join': join } = value as Record<string, unknown>;
    if (typeof Ref === 'string') return Ref.startsWith('AWS::') ? `<${Ref}>` : this.name(Ref);
    if (Array.isArray(att)) return `${this.name(att[0])}.${att[1]}`;
    if (Array.isArray(join)) return (join[1] as unknown[]).map((part) => this.text(part)).join(join[0] as string);
    return JSON.stringify(value);
  }

  /** What every role may do: `actions on resources if condition`, each spelled out. */
  permissions(): Record<string, string[]> {
    const lines: Record<string, string[]> = {};
    for (const [name, role] of Object.entries(this.of('AWS::IAM::Role'))) {
      const { ManagedPolicyArns = [], Policies = [] } = role.Properties;
      const others = [...(ManagedPolicyArns as unknown[]), ...(Policies as unknown[])];
      lines[name] = others.map((policy) => `managed or inline: ${this.text(policy)}`);
    }
    for (const { Properties } of Object.values(this.of('AWS::IAM::Policy'))) {
      const statements = Properties.PolicyDocument.Statement.map((statement) => this.#line(statement));
      for (const role of Properties.Roles) lines[this.text(role)]!.push(...statements);
    }
    return lines;
  }

  #line({ Effect, Action, Resource, Condition }: Statement): string {
    const actions = [Action].flat().join(', ');
    const on = (Array.isArray(Resource) ? Resource : [Resource]).map((one) => this.text(one)).join(', ');
    const condition = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
    return `${Effect === 'Allow' ? '' : `${Effect} `}${actions} on ${on}${condition}`;
  }

  /** The environment of a function, with its references named. */
  environment(path: string): Record<string, string> {
    const variables = this.resources[path]!.Properties.Environment.Variables;
    return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, this.text(value)]));
  }
}

/** A statement of a policy. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}
