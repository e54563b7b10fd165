/** What may be done to one process of the cluster: what stands against it, what is said of it, and the doing. */
import type { Cluster } from '../local/cluster.js';
import type { Member } from '../local/member.js';
import type { Action } from './source.js';

export type ProcessAction = Exclude<Extract<Action, { id: string }>['action'], 'transfer'>;

interface Deed {
  /** Why it cannot be done; undefined where it can. */
  against?(member: Member): string | undefined;
  /** What is done, after the name of the process. */
  readonly said: string;
  why(member: Member): string;
  done(cluster: Cluster, member: Member): Promise<void> | void;
}

/** Of who comes back, and had writes ready. */
const late = ({ prepared }: Member) => (prepared > 0 ? ': it sends the two writes that it had ready' : '');

export const PROCESS_ACTIONS: Readonly<Record<ProcessAction, Deed>> = {
  kill: {
    said: 'is killed',
    why: () => 'SIGKILL, by the console: gone without a word',
    done: (cluster, member) => cluster.kill(member),
  },
  pause: {
    against: ({ id, paused }) => (paused ? `${id} is paused already.` : undefined),
    said: 'is paused',
    why: () => 'SIGSTOP, by the console: it stands still',
    done: (cluster, member) => cluster.pause(member),
  },
  resume: {
    against: ({ id, paused }) => (paused ? undefined : `${id} is not paused.`),
    said: 'goes on',
    why: (member) => `SIGCONT, by the console${late(member)}`,
    done: (cluster, member) => cluster.resume(member),
  },
  cut: {
    against: ({ id, isCutOff }) => (isCutOff ? `${id} is cut off already.` : undefined),
    said: 'is cut off',
    why: () => 'its line to the table is cut, by the console: it runs, and reaches nothing',
    done: (cluster, member) => cluster.cutOff(member),
  },
  join: {
    against: ({ id, isCutOff }) => (isCutOff ? undefined : `${id} is not cut off.`),
    said: 'is joined again',
    why: (member) => `its line to the table is mended, by the console${late(member)}`,
    done: (cluster, member) => cluster.join(member),
  },
  end: {
    said: 'is asked to end',
    why: () => 'SIGTERM, by the console: it closes in order',
    done: (cluster, member) => cluster.stop(member),
  },
};
