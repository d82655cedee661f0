import { accept, type Bytes, type Result, refuse } from '@civitas/canon';
import type {
  AdminServiceServer,
  AdminServiceStatusResponse,
  GrantSigningRequest,
  GrantSigningResponse,
  KeysResponse,
  SetLogLevelRequest,
  SetLogLevelResponse,
  VerifyResponse,
} from '@civitas/proto/civitas/node/v1/admin';
import type { LogLevel } from '@civitas/telemetry';
import type { Guard, ServiceRule } from './guard.ts';

/** What the operator may see of a process and do to it; a relay answers some of it with nothing. */
export interface AdminDoor {
  status(): AdminServiceStatusResponse;
  keys(): KeysResponse;
  grantSigning(request: { keyHash: Bytes; podUid: string; granted: boolean }): Result<boolean>;
  /** Resolves with the height at which the process came to rest. */
  drain(): Promise<Result<number>>;
  verify(): Promise<Result<VerifyResponse>>;
  /** Resolves with the height of the snapshot. */
  snapshot(): Promise<Result<number>>;
  setLogLevel(level: LogLevel): void;
}

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** AdminService: own listener, the operator's name alone, no membership: it works before there is a ledger. */
export function adminService(guard: Guard, door: AdminDoor): AdminServiceServer {
  const rule: ServiceRule = { service: 'AdminService', accepts: ({ kind }) => kind === 'operator', membership: false };
  return {
    status: guard.unary(rule, () => accept(door.status())),
    keys: guard.unary(rule, () => accept(door.keys())),
    grantSigning: guard.unary(rule, (request: GrantSigningRequest): Result<GrantSigningResponse> => {
      const granted = door.grantSigning(request);
      return granted.ok ? accept({ signing: granted.value }) : granted;
    }),
    drain: guard.unary(rule, async () => {
      const height = await door.drain();
      return height.ok ? accept({ height: BigInt(height.value) }) : height;
    }),
    verify: guard.unary(rule, () => door.verify()),
    snapshot: guard.unary(rule, async () => {
      const height = await door.snapshot();
      return height.ok ? accept({ height: BigInt(height.value) }) : height;
    }),
    setLogLevel: guard.unary(rule, (request: SetLogLevelRequest): Result<SetLogLevelResponse> => {
      const level = LEVELS.find((known) => known === request.level);
      if (level === undefined) return refuse('MALFORMED', { field: 'level', expected: [...LEVELS] });
      door.setLogLevel(level);
      return accept({});
    }),
  };
}
