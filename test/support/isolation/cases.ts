import type { TransactionHistory } from '../../../src/lib/ports/transaction-history.ts'
import type { AnomalyKind, JudgedLevel } from '../../../src/lib/record/isolation-record.ts'
import { historyOf, transaction } from './histories.ts'

/** A history, and all that should be said of it. */
export interface AnomalyCase {
  readonly name: string
  readonly kind: AnomalyKind
  readonly history: TransactionHistory
  readonly story: string
  /** As `T1 -rw x-> T2`. */
  readonly cycle: readonly string[]
  readonly consistentWith: readonly JudgedLevel[]
}

/** Each kind of anomaly at its smallest. */
export const anomalyCases: readonly AnomalyCase[] = [
  {
    name: 'writes that are mixed',
    kind: 'G0',
    history: historyOf(
      transaction(1, ['append x 1', 'append y 1']),
      transaction(2, ['append x 2', 'append y 2']),
      transaction(3, ['list x 1 2', 'list y 2 1']),
    ),
    story:
      "T2 appended 2 to x after T1's 1; T1 appended 1 to y after T2's 2: their writes are mixed, and no order of them gives what is stored.",
    cycle: ['T1 -ww x-> T2', 'T2 -ww y-> T1'],
    consistentWith: [],
  },
  {
    name: 'a read of what was rolled back',
    kind: 'G1a',
    history: historyOf(
      transaction(1, ['append x 1'], { outcome: 'aborted' }),
      transaction(2, ['list x 1']),
      transaction(3, ['list x']),
    ),
    story: 'T1 wrote 1 to x and was rolled back; T2 read x = [1] all the same: an aborted read.',
    cycle: [],
    consistentWith: ['read-uncommitted'],
  },
  {
    name: 'a read of a register that was rolled back',
    kind: 'G1a',
    history: historyOf(transaction(1, ['write r 1'], { outcome: 'aborted' }), transaction(2, ['read r 1'])),
    story: 'T1 wrote 1 to r and was rolled back; T2 read r = 1 all the same: an aborted read.',
    cycle: [],
    consistentWith: ['read-uncommitted'],
  },
  {
    name: 'a read of what was there in between',
    kind: 'G1b',
    history: historyOf(
      transaction(1, ['append x 1', 'append x 2']),
      transaction(2, ['list x 1']),
      transaction(3, ['list x 1 2']),
    ),
    story:
      'T1 appended 1 and went on to write x again; T2 read x = [1], which ends with what was there in between: an intermediate read.',
    cycle: [],
    consistentWith: ['read-uncommitted'],
  },
  {
    name: 'a read of a register in between',
    kind: 'G1b',
    history: historyOf(transaction(1, ['write r 1', 'write r 2']), transaction(2, ['read r 1'])),
    story:
      'T1 wrote 1 and went on to write r again; T2 read r = 1, which ends with what was there in between: an intermediate read.',
    cycle: [],
    consistentWith: ['read-uncommitted'],
  },
  {
    name: 'information that flows in a circle',
    kind: 'G1c',
    history: historyOf(transaction(1, ['append x 1', 'list y 2']), transaction(2, ['append y 2', 'list x 1'])),
    story: "T2 read x = [1], with T1's 1; T1 read y = [2], with T2's 2: each depends on what the other did first.",
    cycle: ['T1 -wr x-> T2', 'T2 -wr y-> T1'],
    consistentWith: ['read-uncommitted'],
  },
  {
    name: 'information that flows in a circle of three',
    kind: 'G1c',
    history: historyOf(
      transaction(1, ['write r 1', 'read t 3']),
      transaction(2, ['write s 2', 'read r 1']),
      transaction(3, ['write t 3', 'read s 2']),
    ),
    story:
      "T2 read r = 1, with T1's 1; T3 read s = 2, with T2's 2; T1 read t = 3, with T3's 3: each of them depends on what the others did first.",
    cycle: ['T1 -wr r-> T2', 'T2 -wr s-> T3', 'T3 -wr t-> T1'],
    consistentWith: ['read-uncommitted'],
  },
  {
    name: 'an update that was lost',
    kind: 'lost-update',
    history: historyOf(
      transaction(12, ['list accounts/7 1 2', 'append accounts/7 4']),
      transaction(15, ['list accounts/7 1 2', 'append accounts/7 3']),
      transaction(1, ['append accounts/7 1', 'append accounts/7 2']),
      transaction(20, ['list accounts/7 1 2 3 4']),
    ),
    story:
      'T12 read accounts/7 = [1, 2]; T15 read the same and appended 3; T12 appended 4 without having seen 3: an update was lost.',
    cycle: ['T12 -rw accounts/7-> T15', 'T15 -ww accounts/7-> T12'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'an update of a register that was lost',
    kind: 'lost-update',
    history: historyOf(
      transaction(1, ['write r 1']),
      transaction(2, ['read r 1', 'write r 2']),
      transaction(3, ['read r 1', 'write r 3']),
    ),
    story:
      "T2 read r = 1 and wrote 2; T3 read the same and wrote 3: neither saw the other's, and one of the two updates was lost.",
    cycle: ['T2 -rw r-> T3', 'T3 -rw r-> T2'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'an update of a list that nobody read again',
    kind: 'lost-update',
    history: historyOf(transaction(2, ['list x', 'append x 2']), transaction(3, ['list x', 'append x 3'])),
    story:
      "T2 read x = [] and appended 2; T3 read the same and appended 3: neither saw the other's, and one of the two updates was lost.",
    cycle: ['T2 -rw x-> T3', 'T3 -rw x-> T2'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'a read that could not be repeated',
    kind: 'non-repeatable-read',
    history: historyOf(transaction(1, ['list x', 'list x 2']), transaction(2, ['append x 2'])),
    story:
      'T1 read x = []; T2 appended 2; T1 read again, in the same transaction, x = [2]: its read could not be repeated.',
    cycle: ['T1 -rw x-> T2', 'T2 -wr x-> T1'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'a read of a register that went back',
    kind: 'non-repeatable-read',
    history: historyOf(transaction(1, ['read r 2', 'read r']), transaction(2, ['write r 2'])),
    story: 'T2 wrote 2; T1 read r = 2 and, later in the same transaction, r = nothing: its read could not be repeated.',
    cycle: ['T1 -rw r-> T2', 'T2 -wr r-> T1'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'a read of one half',
    kind: 'G-single',
    history: historyOf(transaction(1, ['list x', 'list y 3']), transaction(2, ['append x 2', 'append y 3'])),
    story:
      "T1 read x = [], without T2's 2; T1 read y = [3], with T2's 3: T1 missed one change and saw another of the same transaction.",
    cycle: ['T1 -rw x-> T2', 'T2 -wr y-> T1'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'a read of one half over another transaction',
    kind: 'G-single',
    history: historyOf(
      transaction(1, ['list x', 'list y 3']),
      transaction(2, ['append x 2']),
      transaction(3, ['list x 2', 'append y 3']),
    ),
    story:
      "T1 read x = [], without T2's 2; T3 read x = [2], with T2's 2; T1 read y = [3], with T3's 3: T1 missed one change and saw what came after it.",
    cycle: ['T1 -rw x-> T2', 'T2 -wr x-> T3', 'T3 -wr y-> T1'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'two that missed one half each, a long fork',
    kind: 'G-nonadjacent',
    history: historyOf(
      transaction(1, ['append x 1']),
      transaction(2, ['append y 2']),
      transaction(3, ['list x 1', 'list y']),
      transaction(4, ['list x', 'list y 2']),
    ),
    story:
      "T3 read y = [], without T2's 2; T4 read y = [2], with T2's 2; T4 read x = [], without T1's 1; T3 read x = [1], with T1's 1: no order of them gives each what it read.",
    cycle: ['T3 -rw y-> T2', 'T2 -wr y-> T4', 'T4 -rw x-> T1', 'T1 -wr x-> T3'],
    consistentWith: ['read-committed'],
  },
  {
    name: 'a write skew',
    kind: 'write-skew',
    history: historyOf(
      transaction(1, ['list x', 'append y 1']),
      transaction(2, ['list y', 'append x 2']),
      transaction(3, ['list x 2', 'list y 1']),
    ),
    story:
      "T1 read x = [] and appended 1 to y; T2 read y = [] and appended 2 to x; neither saw the other's: each changed what the other had relied on.",
    cycle: ['T1 -rw x-> T2', 'T2 -rw y-> T1'],
    consistentWith: ['snapshot-isolation'],
  },
  {
    name: 'a write skew of registers',
    kind: 'write-skew',
    history: historyOf(
      transaction(1, ['read r', 'read s', 'write s 1']),
      transaction(2, ['read r', 'read s', 'write r 2']),
    ),
    story:
      "T1 read r = nothing and wrote 1 to s; T2 read s = nothing and wrote 2 to r; neither saw the other's: each changed what the other had relied on.",
    cycle: ['T1 -rw r-> T2', 'T2 -rw s-> T1'],
    consistentWith: ['snapshot-isolation'],
  },
  {
    name: 'a longer circle of what was missed',
    kind: 'G2-item',
    history: historyOf(
      transaction(1, ['list x', 'append y 1']),
      transaction(2, ['list y', 'append z 2']),
      transaction(3, ['list z', 'append x 3']),
    ),
    story:
      "T1 read x = [], without T3's 3; T3 read z = [], without T2's 2; T2 read y = [], without T1's 1: no order of them gives each what it read.",
    cycle: ['T1 -rw x-> T3', 'T3 -rw z-> T2', 'T2 -rw y-> T1'],
    consistentWith: ['snapshot-isolation'],
  },
  {
    name: 'two that only a third one sees at odds (Fekete, O’Neil and O’Neil 2004)',
    kind: 'G2-item',
    history: historyOf(
      transaction(1, ['list y', 'append y 20']),
      transaction(2, ['list x', 'list y', 'append x -11']),
      transaction(3, ['list x', 'list y 20']),
    ),
    story:
      "T2 read y = [], without T1's 20; T3 read y = [20], with T1's 20; T3 read x = [], without T2's -11: no order of them gives each what it read.",
    cycle: ['T2 -rw y-> T1', 'T1 -wr y-> T3', 'T3 -rw x-> T2'],
    consistentWith: ['snapshot-isolation'],
  },
  {
    name: 'a read of the past',
    kind: 'real-time',
    history: historyOf(
      transaction(1, ['append x 1'], { from: 0, to: 10 }),
      transaction(2, ['list x'], { from: 20, to: 30 }),
    ),
    story: "T1 had ended before T2 began; T2 read x = [], without T1's 1: T2 has to come first all the same.",
    cycle: ['T2 -rw x-> T1', 'T1 -rt -> T2'],
    consistentWith: ['serializable'],
  },
  {
    name: 'lists of which neither is a beginning of the other',
    kind: 'incompatible-order',
    history: historyOf(
      transaction(1, ['append x 1']),
      transaction(2, ['append x 2']),
      transaction(3, ['list x 1 2']),
      transaction(4, ['list x 2']),
    ),
    story:
      'T4 read x = [2]; T3 read x = [1, 2]: neither is a beginning of the other, so that no order of the appends gives both.',
    cycle: [],
    consistentWith: ['read-uncommitted'],
  },
  {
    name: 'an element that is there twice',
    kind: 'duplicate-elements',
    history: historyOf(transaction(1, ['append x 1']), transaction(2, ['list x 1 1'])),
    story: 'T2 read x = [1, 1]: 1 is there more than once, though it was appended once.',
    cycle: [],
    consistentWith: [],
  },
  {
    name: 'a value that nobody wrote',
    kind: 'unwritten-value',
    history: historyOf(transaction(1, ['append x 1']), transaction(2, ['list x 1 9'])),
    story: 'T2 read x = [1, 9], though nobody wrote 9.',
    cycle: [],
    consistentWith: [],
  },
  {
    name: 'a transaction that does not see its own append',
    kind: 'internal',
    history: historyOf(transaction(1, ['append x 1', 'list x'])),
    story: 'T1 read x = [] after it had appended [1] itself: its own writes are not what it reads.',
    cycle: [],
    consistentWith: [],
  },
  {
    name: 'a transaction that does not see what it wrote last',
    kind: 'internal',
    history: historyOf(transaction(1, ['write r 1', 'write r 2', 'read r 1'])),
    story: 'T1 read r = 1 after it had written 2 itself: its own writes are not what it reads.',
    cycle: [],
    consistentWith: [],
  },
  {
    name: 'an append that was acknowledged and is not there',
    kind: 'lost-write',
    history: historyOf(
      transaction(1, ['append x 1']),
      transaction(2, ['append x 2']),
      transaction(9, ['list x 2'], { from: 2000, to: 2001, isLast: true }),
    ),
    story: 'T1 appended 1 to x and was acknowledged; when all had ended, the audit read x = [2]: the write was lost.',
    cycle: [],
    consistentWith: [],
  },
]
