// What the server says, in the shapes of its custom notification and commands.
import { NotificationType } from 'vscode-languageclient/node';

export type State = 'loading' | 'ready' | 'busy' | 'off' | 'error';

export interface Status {
  state: State;
  message: string;
  model: string | null;
  tokens_per_second: number | null;
}

export const StatusNotification = new NotificationType<Status>('slm/status');

/** The answer to `slm.status`. */
export interface Report {
  state: State;
  message: string;
  model: null | {
    name: string;
    sha256: string;
    path: string;
    parameters: number;
    quantization: string;
  };
  worker: {
    pid: number | null;
    restarts: number;
    safe_mode: boolean;
    work?: Record<string, number>;
  };
  counters: Record<string, number>;
  latency_ms: Record<string, number | null>;
}

/** The answer to `slm.explain`. */
export interface Explanation {
  uri: string;
  version: number;
  trigger: string;
  mode: string | null;
  prompt: { part?: string; text: string }[];
  snippets: Record<string, unknown>[];
  left_out: Record<string, unknown>[];
  /** How often such a suggestion begins right; null where none was made. */
  probability: number | null;
  raw: string;
  verdicts: { filter: string; before: string; after: string | null }[];
  skip_reason: string | null;
  from_cache: boolean;
  timings_ms: Record<string, number>;
  counts: Record<string, number>;
}

/** The argument of the command that a suggestion carries. */
export interface Accepted {
  id: number;
  kind: 'full' | 'line' | 'word';
  /** Characters from the suggestion's start to where it is taken now. */
  length: number;
}

export const ACCEPTED = 'slm.accepted';
