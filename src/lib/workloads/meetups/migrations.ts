import type { MigrationStep } from '../../ports/migration.ts'
import { ascii, defineTable, integer, sha256Column, text, uuidColumn } from '../shared/tables.ts'

/** The steps to the tables of today. A released one is never edited, nor made from those of today: its checksum is recorded. */
export const migrations: readonly MigrationStep[] = [
  {
    number: 1,
    name: 'the tables of 0.1.0',
    changes: [
      {
        create: defineTable({
          name: 'meetup_user_users',
          columns: {
            id: uuidColumn,
            email: text(254),
            name: text(50),
            introduction: text(500),
            password_hash: text(200),
            created_at: integer,
          },
          primaryKey: 'id',
        }),
      },
      {
        create: defineTable({
          name: 'meetup_user_emails',
          columns: { email: text(254), user_id: uuidColumn },
          primaryKey: 'email',
        }),
      },
      {
        create: defineTable({
          name: 'meetup_user_logins',
          columns: { id: uuidColumn, user_id: uuidColumn, token_hash: sha256Column, expires_at: integer },
          primaryKey: 'id',
          indexes: [['user_id']],
          updatedOften: true,
        }),
      },
      {
        create: defineTable({ name: 'meetup_user_keys', columns: { id: text(20), jwk: text(1000) }, primaryKey: 'id' }),
      },
      {
        create: defineTable({
          name: 'meetup_post_posts',
          columns: {
            id: uuidColumn,
            user_id: uuidColumn,
            title: text(20),
            content: text(2000),
            prefecture: integer,
            spot_type: text(20),
            fish_types: text(211),
            meeting_at: integer,
            meeting_key: ascii(50),
            max_apply: integer,
            places_left: integer,
            state: text(10),
            saga_id: uuidColumn,
            created_at: integer,
          },
          primaryKey: 'id',
          indexes: [['meeting_key'], ['user_id'], ['prefecture']],
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'meetup_post_applications',
          columns: {
            id: text(90),
            post_id: uuidColumn,
            user_id: uuidColumn,
            kind: text(10),
            turn: integer,
            key: text(100),
            created_at: integer,
          },
          primaryKey: 'id',
          indexes: [['post_id']],
          references: [{ column: 'post_id', table: 'meetup_post_posts', key: 'id' }],
        }),
      },
      {
        create: defineTable({
          name: 'meetup_post_outbox',
          columns: { id: uuidColumn, type: text(30), aggregate: uuidColumn, event: text(2000), published_at: integer },
          primaryKey: 'id',
          indexes: [['published_at', 'id']],
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'meetup_chat_rooms',
          columns: { id: uuidColumn, owner_id: text(36), state: text(6), messages: integer, created_at: integer },
          primaryKey: 'id',
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'meetup_chat_members',
          columns: {
            id: text(73),
            room_id: uuidColumn,
            user_id: uuidColumn,
            turn: integer,
            active: integer,
            joined_at: integer,
          },
          primaryKey: 'id',
          indexes: [['room_id']],
        }),
      },
      {
        create: defineTable({
          name: 'meetup_chat_messages',
          columns: {
            id: uuidColumn,
            room_id: uuidColumn,
            position: integer,
            user_id: uuidColumn,
            body: text(1000),
            key: text(100),
            created_at: integer,
          },
          primaryKey: 'id',
          indexes: [['room_id', 'position']],
        }),
      },
      {
        create: defineTable({
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
        }),
      },
      {
        create: defineTable({
          name: 'meetup_image_owners',
          columns: { id: uuidColumn, state: text(7), images: integer },
          primaryKey: 'id',
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'meetup_saga_sagas',
          columns: {
            id: uuidColumn,
            post_id: uuidColumn,
            user_id: uuidColumn,
            step: text(20),
            reason: text(200),
            updated_at: integer,
          },
          primaryKey: 'id',
          indexes: [['step']],
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'meetup_relay_leases',
          columns: { name: text(20), holder: text(36), until: integer },
          primaryKey: 'name',
          updatedOften: true,
        }),
      },
    ],
  },
  {
    number: 2,
    name: 'keep the position of the relay in the log',
    changes: [
      {
        create: defineTable({
          name: 'meetup_relay_positions',
          columns: { name: text(64), position: text(200) },
          primaryKey: 'name',
          updatedOften: true,
        }),
      },
    ],
  },
  {
    number: 3,
    name: 'images of users and messages, and their removal',
    changes: [
      { addColumn: 'sex', to: 'meetup_user_users', column: text(6), value: '' },
      { addColumn: 'image_id', to: 'meetup_user_users', column: text(36), value: '' },
      { addColumn: 'owner_kind', to: 'meetup_image_images', column: text(7), value: 'post' },
      { addColumn: 'room_id', to: 'meetup_image_images', column: text(36), value: '' },
      { addIndex: ['room_id'], to: 'meetup_image_images' },
      {
        create: defineTable({
          name: 'meetup_image_removals',
          columns: { id: uuidColumn, owner_id: uuidColumn, done: integer },
          primaryKey: 'id',
          indexes: [['owner_id'], ['done']],
        }),
      },
    ],
  },
]
