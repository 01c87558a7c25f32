import { readLine, requireText, requireThat } from '../checks.ts'
import { maxLengths } from './tables.ts'

/** An address as its account shows it, and the key that makes it one account's. */
export interface ReadEmail {
  readonly email: string
  /** In lower case, which may have more characters. */
  readonly key: string
}

/**
 * Reads an address. Only the person who gets mail there can say whether it is one; this throws `invalid` for what cannot be,
 * and for what would not go into its columns.
 */
export function readEmail(given: string): ReadEmail {
  const email = readLine(given, 'email', 3, maxLengths.email)
  requireThat(/^[^\s@]+@[^\s@]+$/.test(email), 'email', 'is no e-mail address')
  const key = email.toLowerCase().normalize('NFC')
  requireText(key, 'email', 3, maxLengths.email)
  return { email, key }
}
