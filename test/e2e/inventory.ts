/** All that there is in the account which costs or stays: taken before a deploy and after a destroy, it must be the same. */
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListEventBusesCommand, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { ListEventSourceMappingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import type { Cloud } from './cloud.js';
import { json, query, texts } from './signed.js';

export const LOG_GROUP = 'log-group';

/** One line for each thing, sorted. */
export async function inventory(cloud: Cloud): Promise<string[]> {
  const { account, formation, dynamodb, sqs, lambda, events } = cloud;
  const monitoring = (Action: string) => query(account, 'monitoring', '2010-08-01', { Action });
  const { EventBuses = [] } = await events.send(new ListEventBusesCommand({}));
  const buses = EventBuses.map(({ Name = '' }) => Name);
  const rules = await Promise.all(
    buses.map(async (bus) => (await events.send(new ListRulesCommand({ EventBusName: bus }))).Rules ?? []),
  );
  const groups = await json<{ logGroups?: { logGroupName: string }[] }>(
    account,
    'logs',
    'Logs_20140328.DescribeLogGroups',
    {},
  );
  const alarms = await monitoring('DescribeAlarms');
  const found: Record<string, (string | undefined)[]> = {
    stack: ((await formation.send(new DescribeStacksCommand({}))).Stacks ?? []).map((one) => one.StackName),
    table: (await dynamodb.send(new ListTablesCommand({}))).TableNames ?? [],
    queue: (await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? [],
    function: ((await lambda.send(new ListFunctionsCommand({}))).Functions ?? []).map((one) => one.FunctionName),
    mapping: ((await lambda.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings ?? []).map((m) => m.UUID),
    bus: buses,
    rule: rules.flat().map((one) => one.Name),
    [LOG_GROUP]: (groups.logGroups ?? []).map((one) => one.logGroupName),
    topic: texts(await query(account, 'sns', '2010-03-31', { Action: 'ListTopics' }), 'TopicArn'),
    alarm: texts(alarms, 'AlarmName'),
    dashboard: texts(await monitoring('ListDashboards'), 'DashboardName'),
    role: texts(await query(account, 'iam', '2010-05-08', { Action: 'ListRoles' }), 'RoleName'),
  };
  return Object.entries(found)
    .flatMap(([kind, names]) => names.map((name) => `${kind} ${name}`))
    .sort();
}
