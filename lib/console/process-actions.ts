/** The actions on one process of the cluster: when each is impossible, how it is described, and how it is done. */
import type { Cluster } from '../local/cluster.js';
import type { ClusterCandidate } from '../local/cluster-candidate.js';
import type { Action } from './console-source.js';

export type ProcessAction = Exclude<Extract<Action, { id: string }>['action'], 'transfer'>;

interface ProcessActionRule {
  /** Why it is impossible; undefined if it is possible. */
  impossible?(candidate: ClusterCandidate): string | undefined;
  /** What was done, to be read after the name of the process. */
  readonly described: string;
  why(candidate: ClusterCandidate): string;
  run(cluster: Cluster, candidate: ClusterCandidate): Promise<void> | void;
}

/** Of a process that continues, and had prepared writes. */
const lateWrites = ({ prepared }: ClusterCandidate) =>
  prepared > 0 ? ': it sends the two writes that it had prepared' : '';

export const PROCESS_ACTIONS: Readonly<Record<ProcessAction, ProcessActionRule>> = {
  kill: {
    described: 'is killed',
    why: () => 'SIGKILL, by the console: it gives nothing back',
    run: (cluster, candidate) => cluster.kill(candidate),
  },
  pause: {
    impossible: ({ id, isPaused }) => (isPaused ? `${id} is paused already.` : undefined),
    described: 'is paused',
    why: () => 'SIGSTOP, by the console: it stands still',
    run: (cluster, candidate) => cluster.pause(candidate),
  },
  resume: {
    impossible: ({ id, isPaused }) => (isPaused ? undefined : `${id} is not paused.`),
    described: 'goes on',
    why: (candidate) => `SIGCONT, by the console${lateWrites(candidate)}`,
    run: (cluster, candidate) => cluster.resume(candidate),
  },
  cut: {
    impossible: ({ id, isCutOff }) => (isCutOff ? `${id} is cut off already.` : undefined),
    described: 'is cut off',
    why: () => 'its connection to the table is cut, by the console: it runs, and reaches nothing',
    run: (cluster, candidate) => cluster.cutOff(candidate),
  },
  join: {
    impossible: ({ id, isCutOff }) => (isCutOff ? undefined : `${id} is not cut off.`),
    described: 'is joined again',
    why: (candidate) => `its connection to the table is restored, by the console${lateWrites(candidate)}`,
    run: (cluster, candidate) => cluster.rejoin(candidate),
  },
  end: {
    described: 'is asked to end',
    why: () => 'SIGTERM, by the console: it closes in order',
    run: (cluster, candidate) => cluster.stop(candidate),
  },
};
