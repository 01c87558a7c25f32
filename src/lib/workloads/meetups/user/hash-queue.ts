import { RpcError } from '../rpc/errors.ts'

/** The sender of a request for a password hash. */
export interface HashRequest {
  /** Each kind has its own line. */
  readonly kind: 'login' | 'sign-up'
  /** Where the request comes from, and for which account. */
  readonly caller: string
  readonly account: string
  /** Whether this caller has proved the password before: known callers do not wait behind unknown ones. */
  readonly isKnown: boolean
}

/** Runs a limited number of jobs at a time. */
export interface HashQueue {
  /** Throws what `run` would throw at once. */
  requireRoom(request: HashRequest): void
  /**
   * Throws `RpcError` `too-many` where too many are before them, or too much is under way for the same account from the same
   * caller, or when they have waited for longer than they want to: since nobody waits for the response then, nothing is done.
   */
  run<T>(request: HashRequest, work: () => Promise<T>): Promise<T>
}

export interface QueueOptions {
  readonly lanes: number
  /** How long those of a caller who are not known wait, ms. */
  readonly patienceOf: (caller: string) => number
  /** How long a known one waits, ms. */
  readonly patienceMs: number
  readonly now?: () => number
}

/** The most under way of one account from one caller; threads of a load may ask for the same one. */
const maxAtOnce = 16

/** Time that one hash takes until that is known, ms, and how much each newer one counts. */
const firstGuessMs = 40
const newerCounts = 0.1

interface Job {
  readonly request: HashRequest
  readonly requestedAt: number
  begin(): void
  refuse(error: RpcError): void
}

/** One caller's jobs of one kind. Those who are known and those who are not come in turns. */
interface Line {
  readonly known: Job[]
  readonly others: Job[]
  knownIsNext: boolean
}

/** Lines of callers, served in turns. */
interface Turns {
  /** How many are before whoever comes now: in their own line, and as many turns of the others. */
  aheadOf(request: HashRequest): number
  add(job: Job): void
  /** Removes and returns the next job; null where none waits. */
  next(): Job | null
}

/** Creates empty lines. Jobs that have waited for longer than `patience` are refused when it is their turn. */
function createTurns(patience: (request: HashRequest) => number, now: () => number): Turns {
  /** The line whose turn it is comes first. */
  const lines = new Map<string, Line>()

  /** Refuses jobs that waited for too long: the first ones. Their patience may have become shorter. */
  function dropLate(waiting: Job[]): void {
    const firstInTime = waiting.findIndex(({ request, requestedAt }) => now() - requestedAt <= patience(request))
    const late = waiting.splice(0, firstInTime === -1 ? waiting.length : firstInTime)
    for (const job of late) job.refuse(tooMany(patience(job.request)))
  }

  return {
    aheadOf(request) {
      const own = lines.get(lineOf(request))
      const before = !own ? 0 : request.isKnown ? 2 * own.known.length : sizeOf(own)
      let ahead = before
      for (const line of lines.values()) if (line !== own) ahead += Math.min(before + 1, sizeOf(line))
      return ahead
    },
    add(job) {
      const key = lineOf(job.request)
      const line = lines.get(key) ?? { known: [], others: [], knownIsNext: true }
      lines.set(key, line)
      const waiting = job.request.isKnown ? line.known : line.others
      waiting.push(job)
    },
    next() {
      for (const [key, line] of lines) {
        dropLate(line.known)
        dropLate(line.others)
        const from = line.known.length > 0 && (line.knownIsNext || line.others.length === 0) ? line.known : line.others
        line.knownIsNext = from !== line.known
        const job = from.shift()
        // Now it is the turn of all others.
        lines.delete(key)
        if (sizeOf(line) > 0) lines.set(key, line)
        if (job) return job
      }
      return null
    },
  }
}

/**
 * A queue in which each caller has a line for each kind, and lines come in turns: a caller who asks a thousand times waits
 * a thousand times as long as one who asks once.
 */
export function createHashQueue({
  lanes,
  patienceOf,
  patienceMs,
  now = () => performance.now(),
}: QueueOptions): HashQueue {
  const patience = ({ isKnown, caller }: HashRequest) => (isKnown ? patienceMs : patienceOf(caller))
  const turns = createTurns(patience, now)
  const atOnce = new Map<string, number>()
  let free = lanes
  let jobMs = firstGuessMs

  function requireRoom(request: HashRequest): void {
    if ((atOnce.get(accountOf(request)) ?? 0) >= maxAtOnce) throw tooMany((maxAtOnce * jobMs) / lanes)
    const waitMs = free > 0 ? 0 : ((turns.aheadOf(request) + 1) * jobMs) / lanes
    if (waitMs > patience(request)) throw tooMany(waitMs - patience(request))
  }

  function fill(): void {
    while (free > 0) {
      const job = turns.next()
      if (!job) return
      job.begin()
    }
  }

  function count(request: HashRequest, change: 1 | -1): void {
    const amount = (atOnce.get(accountOf(request)) ?? 0) + change
    if (amount > 0) atOnce.set(accountOf(request), amount)
    else atOnce.delete(accountOf(request))
  }

  /** Resolves when it is the request's turn. */
  function waitForTurn(request: HashRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      turns.add({
        request,
        requestedAt: now(),
        begin() {
          free--
          resolve()
        },
        refuse(error) {
          count(request, -1)
          reject(error)
        },
      })
      fill()
    })
  }

  return {
    requireRoom,
    async run(request, work) {
      requireRoom(request)
      count(request, 1)
      await waitForTurn(request)
      const begunAt = now()
      try {
        return await work()
      } finally {
        // A pause of the whole process is no reason to send people away.
        jobMs += (Math.min(now() - begunAt, 4 * jobMs) - jobMs) * newerCounts
        free++
        count(request, -1)
        fill()
      }
    },
  }
}

function sizeOf({ known, others }: Line): number {
  return known.length + others.length
}

function lineOf({ kind, caller }: HashRequest): string {
  return `${kind} ${caller}`
}

function accountOf({ caller, account }: HashRequest): string {
  return `${caller} ${account}`
}

function tooMany(afterMs: number): RpcError {
  return new RpcError('too-many', 'Too many passwords are asked about at once', undefined, afterMs / 1000)
}
