import type { Sex } from './contract.ts'
import { defineTable, integer, sha256Column, text, uuidColumn, type RowOf } from '../../shared/tables.ts'

export const maxLengths = { email: 254, name: 50, introduction: 500 } as const

export const users = defineTable({
  name: 'meetup_user_users',
  columns: {
    id: uuidColumn,
    email: text(maxLengths.email),
    name: text(maxLengths.name),
    introduction: text(maxLengths.introduction),
    /** As `hashPassword` writes it. */
    password_hash: text(200),
    created_at: integer,
    /** Empty: not said. */
    sex: text<Sex | ''>(6),
    /** One of the user's images; empty: none. */
    image_id: text(36),
  },
  primaryKey: 'id',
})

export type UserRow = RowOf<typeof users>

/** The account of an e-mail address: the key makes it one account's. */
export const emails = defineTable({
  name: 'meetup_user_emails',
  columns: {
    email: text(maxLengths.email),
    user_id: uuidColumn,
  },
  primaryKey: 'email',
})

/** A login: a row for each, whichever refresh token it has got to. */
export const logins = defineTable({
  name: 'meetup_user_logins',
  columns: {
    id: uuidColumn,
    user_id: uuidColumn,
    /** SHA-256 of the refresh token that is good now, in hexadecimal. */
    token_hash: sha256Column,
    expires_at: integer,
  },
  primaryKey: 'id',
  indexes: [['user_id']],
  updatedOften: true,
})

export type LoginRow = RowOf<typeof logins>

/** The key that id tokens are signed with. There is one row. */
export const keys = defineTable({
  name: 'meetup_user_keys',
  columns: {
    id: text(20),
    /** A private JSON Web Key. */
    jwk: text(1000),
  },
  primaryKey: 'id',
})

export const userTables = [users, emails, logins, keys]
