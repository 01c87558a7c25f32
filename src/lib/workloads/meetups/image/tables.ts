import { defineTable, integer, text, uuidColumn } from '../../shared/tables.ts'

/** An image that is stored. */
export interface ImageRow {
  readonly id: string
  readonly owner_id: string
  readonly content_type: string
  readonly bytes: number
  readonly created_at: number
}

/** The owner of images: a post that may have some, or must not have any more. */
export interface OwnerRow {
  readonly id: string
  readonly state: 'open' | 'removed'
  /** How many it has. */
  readonly images: number
}

export const images = defineTable<ImageRow>({
  name: 'meetup_image_images',
  columns: { id: uuidColumn, owner_id: uuidColumn, content_type: text(20), bytes: integer, created_at: integer },
  primaryKey: 'id',
  indexes: [['owner_id']],
})

export const owners = defineTable<OwnerRow>({
  name: 'meetup_image_owners',
  columns: { id: uuidColumn, state: text(7), images: integer },
  primaryKey: 'id',
  updatedOften: true,
})

export const imageTables = [images, owners]
