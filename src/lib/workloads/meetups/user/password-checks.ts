import { availableParallelism } from 'node:os'
import { hashPassword, isPassword } from './credentials.ts'
import { createHashQueue } from './hash-queue.ts'
import { createQuota } from '../../shared/quota.ts'
import { RpcError } from '../rpc/errors.ts'

/** Wrong passwords for one account: so many at once, then one in six seconds. */
const accountLimits = { atOnce: 10, perSecond: 1 / 6 }

/**
 * Wrong passwords of one caller beyond the right ones. With more, unknown users of that caller wait no longer than
 * `debtorMs`.
 */
const callerLimits = { atOnce: 20, perSecond: 1 / 2 }

/** How long those wait who are not known: until their caller would give up, and with a caller who guesses, ms. */
const patienceMs = 20_000
const debtorMs = 1000

/** How many are remembered to have known the password. */
const maxKnown = 10_000

/** Remembers who knew a password and who did not, in this process alone. */
export interface LoginGuard {
  /** Whether this caller has shown before to know the password of the account. */
  isKnown(caller: string, account: string): boolean
  /** Throws `RpcError` `too-many` where too many wrong ones were tried: of the account, or by the one who is known. */
  requireCalm(caller: string, account: string): void
  /** Remembers a caller who has just chosen the password. */
  remember(caller: string, account: string): void
  note(caller: string, account: string, isRight: boolean): void
  /** How long those of a caller may wait who are not known, ms. */
  patienceOf(caller: string): number
}

/** `now` returns ms. */
export function createLoginGuard(now?: () => number): LoginGuard {
  const known = new Set<string>()
  const accounts = createQuota(accountLimits, now)
  const callers = createQuota(callerLimits, now)
  const pairOf = (caller: string, account: string) => `${caller} ${account}`
  const isKnown = (caller: string, account: string) => known.has(pairOf(caller, account))
  /** Counts a known caller separately, so that guesses of others do not lock it out. */
  const keyOf = (caller: string, account: string) => (isKnown(caller, account) ? pairOf(caller, account) : account)

  function remember(caller: string, account: string): void {
    const pair = pairOf(caller, account)
    known.delete(pair)
    known.add(pair)
    if (known.size > maxKnown) known.delete(known.values().next().value as string)
  }

  return {
    isKnown,
    remember,
    requireCalm(caller, account) {
      const retryAfterSeconds = accounts.wait(keyOf(caller, account))
      if (retryAfterSeconds > 0) {
        const message = 'Too many wrong passwords were tried for this account'
        throw new RpcError('too-many', message, undefined, retryAfterSeconds)
      }
    },
    note(caller, account, isRight) {
      if (isRight) {
        remember(caller, account)
        callers.giveBack(caller)
        return
      }
      accounts.count(keyOf(caller, account))
      callers.count(caller)
    },
    patienceOf: (caller) => (callers.wait(caller) > 0 ? debtorMs : patienceMs),
  }
}

/** Hashes passwords in turns, behind the login guard. What begins throws `too-many` at once where there is no room. */
export interface PasswordChecks extends Pick<LoginGuard, 'remember'> {
  /** Returns what tells whether a password has that hash, which counts for or against the caller. */
  beginProof(caller: string, account: string): (password: string, hash: string) => Promise<boolean>
  /** Returns what hashes the password of a new account. */
  beginSignUp(caller: string, account: string): (password: string) => Promise<string>
  /** Hashes a password for somebody who has just proved the one before. */
  hashKnown(caller: string, account: string, password: string): Promise<string>
}

/** Creates the checks of this process, which knows nobody at first. */
export function createPasswordChecks(): PasswordChecks {
  const guard = createLoginGuard()
  // A wave of logins waits for itself, and leaves a core to everything else.
  const lanes = Math.max(1, availableParallelism() - 1)
  const queue = createHashQueue({ lanes, patienceMs, patienceOf: guard.patienceOf })
  return {
    remember: guard.remember,
    beginProof(caller, account) {
      const request = { kind: 'login', caller, account, isKnown: guard.isKnown(caller, account) } as const
      guard.requireCalm(caller, account)
      queue.requireRoom(request)
      return async (password, hash) => {
        const isRight = await queue.run(request, () => isPassword(password, hash))
        guard.note(caller, account, isRight)
        return isRight
      }
    },
    beginSignUp(caller, account) {
      const request = { kind: 'sign-up', caller, account, isKnown: false } as const
      queue.requireRoom(request)
      return (password) => queue.run(request, () => hashPassword(password))
    },
    hashKnown: (caller, account, password) =>
      queue.run({ kind: 'login', caller, account, isKnown: true }, () => hashPassword(password)),
  }
}
