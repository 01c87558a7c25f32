import { char, defineTable, int4, integer, nullable, text, time } from '../shared/tables.ts'

/** Money is in whole cents, rates (taxes, discounts) in ten-thousandths: sums are exact on every engine. */
const [cents, rate] = [integer, int4]

const [street, city, state, zip] = [text(20), text(20), char(2), char(9)]

export const warehouse = defineTable({
  name: 'tpcc_warehouse',
  columns: {
    w_id: int4,
    w_name: text(10),
    w_street_1: street,
    w_street_2: street,
    w_city: city,
    w_state: state,
    w_zip: zip,
    w_tax: rate,
    w_ytd: cents,
  },
  primaryKey: 'w_id',
  updatedOften: true,
})

export const district = defineTable({
  name: 'tpcc_district',
  columns: {
    d_w_id: int4,
    d_id: int4,
    d_name: text(10),
    d_street_1: street,
    d_street_2: street,
    d_city: city,
    d_state: state,
    d_zip: zip,
    d_tax: rate,
    d_ytd: cents,
    d_next_o_id: int4,
  },
  primaryKey: 'd_w_id',
  keyColumns: ['d_w_id', 'd_id'],
  updatedOften: true,
})

export const customer = defineTable({
  name: 'tpcc_customer',
  columns: {
    c_w_id: int4,
    c_d_id: int4,
    c_id: int4,
    c_first: text(16),
    c_middle: char(2),
    c_last: char(16),
    c_street_1: street,
    c_street_2: street,
    c_city: city,
    c_state: state,
    c_zip: zip,
    c_phone: char(16),
    c_since: time,
    c_credit: char(2),
    c_credit_lim: cents,
    c_discount: rate,
    c_balance: cents,
    c_ytd_payment: cents,
    c_payment_cnt: int4,
    c_delivery_cnt: int4,
    c_data: text(500),
  },
  primaryKey: 'c_w_id',
  keyColumns: ['c_w_id', 'c_d_id', 'c_id'],
  indexes: [['c_w_id', 'c_d_id', 'c_last', 'c_first']],
  updatedOften: true,
})

/** It has no key, as in the specification. */
export const history = defineTable({
  name: 'tpcc_history',
  columns: {
    h_c_w_id: int4,
    h_c_d_id: int4,
    h_c_id: int4,
    h_w_id: int4,
    h_d_id: int4,
    h_date: time,
    h_amount: int4,
    h_data: text(24),
  },
  primaryKey: 'h_c_w_id',
  keyColumns: [],
})

export const newOrder = defineTable({
  name: 'tpcc_new_order',
  columns: { no_w_id: int4, no_d_id: int4, no_o_id: int4 },
  primaryKey: 'no_w_id',
  keyColumns: ['no_w_id', 'no_d_id', 'no_o_id'],
})

export const orders = defineTable({
  name: 'tpcc_orders',
  columns: {
    o_w_id: int4,
    o_d_id: int4,
    o_id: int4,
    o_c_id: int4,
    o_entry_d: time,
    o_carrier_id: nullable(int4),
    o_ol_cnt: int4,
    o_all_local: int4,
  },
  primaryKey: 'o_w_id',
  keyColumns: ['o_w_id', 'o_d_id', 'o_id'],
  indexes: [['o_w_id', 'o_d_id', 'o_c_id', 'o_id']],
})

export const orderLine = defineTable({
  name: 'tpcc_order_line',
  columns: {
    ol_w_id: int4,
    ol_d_id: int4,
    ol_o_id: int4,
    ol_number: int4,
    ol_i_id: int4,
    ol_supply_w_id: int4,
    ol_delivery_d: nullable(time),
    ol_quantity: int4,
    ol_amount: int4,
    ol_dist_info: char(24),
  },
  primaryKey: 'ol_w_id',
  keyColumns: ['ol_w_id', 'ol_d_id', 'ol_o_id', 'ol_number'],
})

export const item = defineTable({
  name: 'tpcc_item',
  columns: { i_id: int4, i_im_id: int4, i_name: text(24), i_price: int4, i_data: text(50) },
  primaryKey: 'i_id',
})

const distInfo = char(24)

export const stock = defineTable({
  name: 'tpcc_stock',
  columns: {
    s_w_id: int4,
    s_i_id: int4,
    s_quantity: int4,
    s_dist_01: distInfo,
    s_dist_02: distInfo,
    s_dist_03: distInfo,
    s_dist_04: distInfo,
    s_dist_05: distInfo,
    s_dist_06: distInfo,
    s_dist_07: distInfo,
    s_dist_08: distInfo,
    s_dist_09: distInfo,
    s_dist_10: distInfo,
    s_ytd: integer,
    s_order_cnt: int4,
    s_remote_cnt: int4,
    s_data: text(50),
  },
  primaryKey: 's_w_id',
  keyColumns: ['s_w_id', 's_i_id'],
  updatedOften: true,
})

/** The nine tables of the specification (its clause 1.3), under names that leave room for other workloads' own. */
export const tables = [warehouse, district, customer, history, newOrder, orders, orderLine, item, stock] as const
