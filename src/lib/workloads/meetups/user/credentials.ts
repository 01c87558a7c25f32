import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { readLine, requireText, requireThat } from '../checks.ts'
import { maxLengths } from './tables.ts'

export const passwordLength = { min: 6, max: 72 } as const

/** The cost of a guess: 16 MiB and some tens of milliseconds. It is written into each hash, so that it can be raised. */
const cost: ScryptCost = { N: 16_384, r: 8, p: 1 }

interface ScryptCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

const saltBytes = 16
const hashBytes = 32

/** A hash that says how it was made: `scrypt$16384$8$1$<salt>$<hash>`, both in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const hash = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Whether `stored`, which `hashPassword` made, is the hash of `password`. Takes as long either way. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt, hash] = stored.split('$')
  const expected = Buffer.from(hash ?? '', 'base64url')
  const found = await derive(password, Buffer.from(salt ?? '', 'base64url'), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  })
  return expected.length === found.length && timingSafeEqual(expected, found)
}

/** Far more than a password has, however it is typed: as much is looked at. */
const maxTypedUnits = 4096

/** A character has two UTF-16 units at most; what is longer is nobody's password. */
const maxUnits = 2 * passwordLength.max + 1

/** A password as it is hashed: the same letters may be typed in several ways. */
function typedPassword(password: string): string {
  return password.slice(0, maxTypedUnits).normalize('NFKC').slice(0, maxUnits)
}

function derive(password: string, salt: Buffer, options: ScryptCost): Promise<Buffer> {
  const typed = typedPassword(password)
  return new Promise((resolve, reject) => {
    scrypt(typed, salt, hashBytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

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
