import { availableParallelism } from 'node:os'
import { hashPassword, isPassword } from './credentials.ts'
import { createHashQueue } from './hash-queue.ts'
import { createLoginGuard, patienceMs, type LoginGuard } from './login-guard.ts'

/** Hashes passwords in turns, behind the login guard. What begins throws `too-many` at once where there is no room. */
export interface PasswordChecks extends Pick<LoginGuard, 'remember'> {
  /** Returns what tells whether a password has that hash, which counts for or against the caller. */
  beginProof(caller: string, account: string): (password: string, hash: string) => Promise<boolean>
  /** Returns what hashes the password of a new account. */
  beginSignUp(caller: string, account: string): (password: string) => Promise<string>
  /** Hashes a password for somebody who has just proved the one before. */
  hashKnown(caller: string, account: string, password: string): Promise<string>
}

/** Checks of this process: nobody is known at first. */
export function createPasswordChecks(): PasswordChecks {
  const guard = createLoginGuard()
  // A wave of logins waits for itself, and leaves a core to everything else.
  const lanes = Math.max(1, availableParallelism() - 1)
  const queue = createHashQueue({ lanes, patienceMs, patienceOf: guard.patienceOf })
  return {
    remember: guard.remember,
    beginProof(caller, account) {
      const asker = { kind: 'login', caller, account, isKnown: guard.isKnown(caller, account) } as const
      guard.requireCalm(caller, account)
      queue.requireRoom(asker)
      return async (password, hash) => {
        const isRight = await queue.run(asker, () => isPassword(password, hash))
        guard.note(caller, account, isRight)
        return isRight
      }
    },
    beginSignUp(caller, account) {
      const asker = { kind: 'sign-up', caller, account, isKnown: false } as const
      queue.requireRoom(asker)
      return (password) => queue.run(asker, () => hashPassword(password))
    },
    hashKnown: (caller, account, password) =>
      queue.run({ kind: 'login', caller, account, isKnown: true }, () => hashPassword(password)),
  }
}
