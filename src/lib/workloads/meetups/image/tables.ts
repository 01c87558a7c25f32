import type { OwnerKind } from './contract.ts'
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
    owner_kind: text<OwnerKind>(7),
    /** The room of a message; empty for others. */
    room_id: text(36),
  },
  primaryKey: 'id',
  indexes: [['owner_id'], ['room_id']],
})

export type ImageRow = RowOf<typeof images>

/** The owner of images: a post, user or message that may have some, or must not have any more; also a room whose messages must not. */
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

/**
 * An image that was removed, or is about to be: its key lets one of those who remove it at once give its place back. It stays as
 * long as its owner may have images.
 */
export const removals = defineTable({
  name: 'meetup_image_removals',
  columns: {
    id: uuidColumn,
    owner_id: uuidColumn,
    /** 1 once the bytes and the image's row are gone. */
    done: integer,
  },
  primaryKey: 'id',
  indexes: [['owner_id'], ['done']],
})

export const imageTables = [images, owners, removals]
