/** Counts what each account has under way. */
export interface Slots {
  /** Takes one more; what is returned gives it back, once. Null where the account has as many as it may. */
  take(account: string): (() => void) | null
  /** Of all accounts. */
  readonly taken: number
}

/** So many for each account. */
export function createSlots(most: number): Slots {
  const counts = new Map<string, number>()
  let taken = 0
  return {
    take(account) {
      const count = counts.get(account) ?? 0
      if (count >= most) return null
      counts.set(account, count + 1)
      taken++
      let isBack = false
      return () => {
        if (isBack) return
        isBack = true
        taken--
        const now = (counts.get(account) ?? 1) - 1
        if (now === 0) counts.delete(account)
        else counts.set(account, now)
      }
    },
    get taken() {
      return taken
    },
  }
}
