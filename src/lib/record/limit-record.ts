import { Type } from 'typebox'
import { count, flag, list, ms, number, object, oneOf, text } from './fields.ts'

const boundary = {
  level: count('users, connections, or iterations or requests a second'),
  held: count('trials that held the limit'),
  trials: count('trials of this level'),
}

/** What a search for the highest load found. */
export const LimitFound = object('the highest load that holds a limit; "load" is its last trial', {
  expression: text('the limit, as it was given'),
  raised: oneOf('what was raised', 'users', 'rate', 'request rate', 'connections'),
  held: Type.Union([object('the highest level that held', boundary), Type.Null()], {
    description: 'null when none did',
  }),
  failed: Type.Union([object('the lowest level that did not hold', boundary), Type.Null()], {
    description: 'null when none was found',
  }),
  trials: list(
    'in the order in which they were run',
    object('one run at a level', {
      level: boundary.level,
      outcome: oneOf('not valid: the generator was the bottleneck', 'held', 'failed', 'not valid'),
      seconds: number('length, seconds'),
      requests: count('sent'),
      failures: count('that failed'),
      errors: Type.Optional(count('iterations whose scenario threw')),
      skipped: count('iterations of the open model that could not start'),
      rps: number('requests per second'),
      p50: ms('50th percentile'),
      p95: ms('95th percentile'),
      p99: ms('99th percentile'),
      decided: Type.Optional(flag('it was ended before its time, because it could no longer hold')),
    }),
  ),
})
