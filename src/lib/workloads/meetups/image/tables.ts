import type { Table } from '../../../ports/database.ts'
import { integer, text, uuidColumn } from '../columns.ts'

/** What is known of an image that is stored. */
export interface ImageRow {
  readonly id: string
  readonly owner_id: string
  readonly content_type: string
  readonly bytes: number
  readonly created_at: number
}

/** Whose images they are: a post that may have some, or must not have any more. */
export interface OwnerRow {
  readonly id: string
  readonly state: 'open' | 'removed'
  /** How many it has. */
  readonly images: number
}

export const images: Table<ImageRow> = {
  name: 'meetup_image_images',
  columns: { id: uuidColumn, owner_id: uuidColumn, content_type: text(20), bytes: integer, created_at: integer },
  primaryKey: 'id',
  unique: [],
  indexes: [['owner_id']],
  references: [],
}

export const owners: Table<OwnerRow> = {
  name: 'meetup_image_owners',
  columns: { id: uuidColumn, state: text(7), images: integer },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
  updatedOften: true,
}

export const imageTables = [images, owners]
