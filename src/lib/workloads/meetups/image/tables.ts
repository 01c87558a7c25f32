import { defineTable, integer, text, uuidColumn, type RowOf } from '../../shared/tables.ts'

/** An image that is stored. */
export const images = defineTable({
  name: 'meetup_image_images',
  columns: {
    id: uuidColumn,
    owner_id: uuidColumn,
    content_type: text(20),
    bytes: integer,
    created_at: integer,
  },
  primaryKey: 'id',
  indexes: [['owner_id']],
})

export type ImageRow = RowOf<typeof images>

/** The owner of images: a post that may have some, or must not have any more. */
export const owners = defineTable({
  name: 'meetup_image_owners',
  columns: {
    id: uuidColumn,
    state: text<'open' | 'removed'>(7),
    images: integer,
  },
  primaryKey: 'id',
  updatedOften: true,
})

export type OwnerRow = RowOf<typeof owners>

export const imageTables = [images, owners]
