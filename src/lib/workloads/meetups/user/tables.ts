import { defineTable, integer, sha256Column, text, uuidColumn } from '../../shared/tables.ts'

/** An account. */
export interface UserRow {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly introduction: string
  /** As `hashPassword` writes it. */
  readonly password_hash: string
  readonly created_at: number
}

/** The account of an e-mail address: the key makes it one account's. */
export interface EmailRow {
  /** In lower case. */
  readonly email: string
  readonly user_id: string
}

/** A login: a row for each, whichever refresh token it has got to. */
export interface LoginRow {
  readonly id: string
  readonly user_id: string
  /** SHA-256 of the refresh token that is good now, in hexadecimal. */
  readonly token_hash: string
  readonly expires_at: number
}

/** The key that id tokens are signed with. There is one row. */
export interface KeyRow {
  readonly id: string
  /** A private JSON Web Key. */
  readonly jwk: string
}

/** The most characters of each. */
export const maxLengths = { email: 254, name: 50, introduction: 500 } as const

export const users = defineTable<UserRow>({
  name: 'meetup_user_users',
  columns: {
    id: uuidColumn,
    email: text(maxLengths.email),
    name: text(maxLengths.name),
    introduction: text(maxLengths.introduction),
    password_hash: text(200),
    created_at: integer,
  },
  primaryKey: 'id',
})

export const emails = defineTable<EmailRow>({
  name: 'meetup_user_emails',
  columns: { email: text(maxLengths.email), user_id: uuidColumn },
  primaryKey: 'email',
})

export const logins = defineTable<LoginRow>({
  name: 'meetup_user_logins',
  columns: { id: uuidColumn, user_id: uuidColumn, token_hash: sha256Column, expires_at: integer },
  primaryKey: 'id',
  indexes: [['user_id']],
  updatedOften: true,
})

export const keys = defineTable<KeyRow>({
  name: 'meetup_user_keys',
  columns: { id: text(20), jwk: text(1000) },
  primaryKey: 'id',
})

export const userTables = [users, emails, logins, keys]
