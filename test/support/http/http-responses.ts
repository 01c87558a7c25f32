/** A response as a server sends it, and what a client is to make of it. */
export interface ResponseSample {
  readonly name: string
  readonly method?: 'HEAD'
  /** A character a byte. */
  readonly text: string
  readonly status: number
  readonly body: string
  /** The connection can carry another request. */
  readonly keepsOpen: boolean
  /** Ends only with its connection. */
  readonly endsWithConnection?: true
  /** undici does not take it, though it is right or does no harm. */
  readonly refusedByUndici?: true
}

const nginxHead =
  'Server: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 08:31:04 GMT\r\nContent-Type: application/json\r\n' +
  'Last-Modified: Sat, 21 Nov 2026 08:31:03 GMT\r\n'
const nodeHead = 'Date: Sat, 21 Nov 2026 08:31:08 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n'

/** Responses that real servers sent, and rare but valid ones. */
export const goodResponses: readonly ResponseSample[] = [
  {
    name: 'nginx, a file',
    text: `HTTP/1.1 200 OK\r\n${nginxHead}Content-Length: 7\r\nConnection: keep-alive\r\nETag: "6b0156c7-3c"\r\n\r\n[1,2,3]`,
    status: 200,
    body: '[1,2,3]',
    keepsOpen: true,
  },
  {
    name: 'nginx, asked to close',
    text: `HTTP/1.1 200 OK\r\n${nginxHead}Content-Length: 7\r\nConnection: close\r\n\r\n[1,2,3]`,
    status: 200,
    body: '[1,2,3]',
    keepsOpen: false,
  },
  {
    name: 'nginx, compressed',
    text: `HTTP/1.1 200 OK\r\n${nginxHead}Transfer-Encoding: chunked\r\nConnection: keep-alive\r\nContent-Encoding: gzip\r\n\r\n18\r\n\x1f\x8b\x08\0\0\0\0\0\x04\x03\xab\xa8 \x1f\0\0yhV\x8d<\0\0\0\r\n0\r\n\r\n`,
    status: 200,
    body: '\x1f\x8b\x08\0\0\0\0\0\x04\x03\xab\xa8 \x1f\0\0yhV\x8d<\0\0\0',
    keepsOpen: true,
  },
  {
    name: 'nginx, a HEAD',
    method: 'HEAD',
    text: `HTTP/1.1 200 OK\r\n${nginxHead}Content-Length: 110000\r\nConnection: keep-alive\r\n\r\n`,
    status: 200,
    body: '',
    keepsOpen: true,
  },
  {
    name: 'Node, in chunks',
    text: `HTTP/1.1 200 OK\r\n${nodeHead}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n`,
    status: 200,
    body: '{"a":1}',
    keepsOpen: true,
  },
  {
    name: 'Node, with a trailer',
    text: `HTTP/1.1 200 OK\r\ntrailer: x-sum\r\n${nodeHead}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nx-sum: 3\r\n\r\n`,
    status: 200,
    body: 'onetwo',
    keepsOpen: true,
  },
  {
    name: 'Node, early hints',
    text: `HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n${nodeHead}Content-Length: 5\r\n\r\nhello`,
    status: 200,
    body: 'hello',
    keepsOpen: true,
  },
  {
    name: 'Node, nothing to say',
    text: `HTTP/1.1 204 No Content\r\n${nodeHead}\r\n`,
    status: 204,
    body: '',
    keepsOpen: true,
  },
  {
    name: 'Node, to a client of HTTP/1.0',
    text: 'HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 08:31:08 GMT\r\nConnection: close\r\n\r\n{"a":1}',
    status: 200,
    body: '{"a":1}',
    keepsOpen: false,
    endsWithConnection: true,
  },
  {
    name: 'Python, HTTP/1.0',
    text: 'HTTP/1.0 404 File not found\r\nServer: SimpleHTTP/0.6 Python/3.11.7\r\nContent-Length: 5\r\n\r\n<html',
    status: 404,
    body: '<html',
    keepsOpen: false,
  },
  {
    name: 'HTTP/1.0 that keeps its connection',
    text: 'HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsOpen: true,
  },
  {
    name: 'a 304 with the length of what it does not send',
    text: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 110000\r\n\r\n',
    status: 304,
    body: '',
    keepsOpen: true,
    refusedByUndici: true,
  },
  {
    name: 'no reason, blanks around values, bytes beyond ASCII',
    text: 'HTTP/1.1 200 \r\nx-city: Z\xfcrich\r\nCONTENT-LENGTH:\t 2 \t\r\nx-empty:\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsOpen: true,
    refusedByUndici: true,
  },
  {
    name: 'an empty body',
    text: 'HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n',
    status: 500,
    body: '',
    keepsOpen: true,
  },
  {
    name: 'no chunk but the last',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n',
    status: 200,
    body: '',
    keepsOpen: true,
  },
  {
    name: 'capital digits, zeros and extensions of chunks',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n00A;name=value;flag;quoted="a \\" b"\r\n0123456789\r\n000\r\n\r\n',
    status: 200,
    body: '0123456789',
    keepsOpen: true,
  },
  {
    name: 'its length twice',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: y\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsOpen: true,
    refusedByUndici: true,
  },
  {
    name: 'Node, to a client that expects it to go on',
    text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 201 Created\r\n${nodeHead}Content-Length: 2\r\n\r\nok`,
    status: 201,
    body: 'ok',
    keepsOpen: true,
    refusedByUndici: true,
  },
  {
    name: 'a HEAD in chunks',
    method: 'HEAD',
    text: `HTTP/1.1 200 OK\r\n${nodeHead}Transfer-Encoding: chunked\r\n\r\n`,
    status: 200,
    body: '',
    keepsOpen: true,
  },
  {
    name: 'a 304 with the encoding of what it does not send',
    text: 'HTTP/1.1 304 Not Modified\r\netag: "x"\r\ntransfer-encoding: chunked\r\n\r\n',
    status: 304,
    body: '',
    keepsOpen: true,
  },
  {
    name: 'several things said of the connection',
    text: 'HTTP/1.1 200 OK\r\nconnection: x-hop, Close\r\ncontent-length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsOpen: false,
  },
]

/** Answers of broken and lying servers, with what is wrong with them. */
export const badResponses: readonly { readonly parseError: string; readonly name: string; readonly text: string }[] = [
  { parseError: 'a control character', name: 'garbage', text: '\0\x01\x02 this is no HTTP\r\n\r\n' },
  { parseError: 'no status line', name: 'another protocol', text: '220 mail.example.com ESMTP\r\n' },
  { parseError: 'no status line', name: 'an empty line first', text: '\r\nHTTP/1.1 200 OK\r\n\r\n' },
  { parseError: 'no status line', name: 'HTTP/2', text: 'HTTP/2.0 200 OK\r\n\r\n' },
  { parseError: 'no status line', name: 'HTTP/1.9', text: 'HTTP/1.9 200 OK\r\n\r\n' },
  { parseError: 'no status line', name: 'a status that is no number', text: 'HTTP/1.1 2x0 OK\r\n\r\n' },
  { parseError: 'no status line', name: 'a status of two digits', text: 'HTTP/1.1 20\r\n\r\n' },
  { parseError: 'no status line', name: 'a status of four digits', text: 'HTTP/1.1 2000 OK\r\n\r\n' },
  { parseError: 'no status line', name: 'a status below 100', text: 'HTTP/1.1 099 OK\r\n\r\n' },
  { parseError: 'another protocol', name: 'a 101', text: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n' },
  {
    parseError: 'an interim answer in HTTP/1.0',
    name: 'early hints in HTTP/1.0',
    text: 'HTTP/1.0 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n',
  },
  { parseError: 'a bare line feed', name: 'line feeds only', text: 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok' },
  { parseError: 'a bare carriage return', name: 'half an end', text: 'HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n' },
  { parseError: 'a control character', name: 'a NUL', text: 'HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n' },
  { parseError: 'a folded field', name: 'a folded field', text: 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n' },
  { parseError: 'a field without a proper name', name: 'no colon', text: 'HTTP/1.1 200 OK\r\nnothing\r\n\r\n' },
  { parseError: 'a field without a proper name', name: 'no name', text: 'HTTP/1.1 200 OK\r\n: x\r\n\r\n' },
  {
    parseError: 'a field without a proper name',
    name: 'a blank before the colon',
    text: 'HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok',
  },
  {
    parseError: 'two lengths',
    name: 'lengths that differ',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
  },
  {
    parseError: 'two lengths',
    name: 'a third length that differs',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nxx',
  },
  {
    parseError: 'a length that is no number',
    name: 'a second length that is none',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2,\r\n\r\nxx',
  },
  {
    parseError: 'both a length and chunks',
    name: 'two equal lengths and chunks',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  },
  {
    parseError: 'a folded field',
    name: 'a folded length',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n 0\r\n\r\nxx',
  },
  {
    parseError: 'a bare line feed',
    name: 'a line feed that ends a length',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\ncontent-length: 1\r\n\r\nxx',
  },
  {
    parseError: 'a bare line feed',
    name: 'a line feed that ends the size of a chunk',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n',
  },
  {
    parseError: 'a chunk longer than its size',
    name: 'a line feed that ends a chunk',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n',
  },
  ...['', '-1', '+1', '1, 1', '0x2', '2 2', '1e1', '9'.repeat(16)].map((length) => ({
    parseError: 'a length that is no number',
    name: `a length of ${JSON.stringify(length)}`,
    text: `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\nxx`,
  })),
  {
    parseError: 'both a length and chunks',
    name: 'a length and chunks',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  },
  {
    parseError: 'both a length and chunks',
    name: 'chunks and a length',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  },
  {
    parseError: 'chunks in HTTP/1.0',
    name: 'chunks in HTTP/1.0',
    text: 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  },
  ...['gzip', 'gzip, chunked', 'chunked, chunked', 'xchunked', 'identity', ''].map((encoding) => ({
    parseError: 'an unknown transfer encoding',
    name: `a transfer encoding of ${JSON.stringify(encoding)}`,
    text: `HTTP/1.1 200 OK\r\ntransfer-encoding: ${encoding}\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  })),
  {
    parseError: 'an unknown transfer encoding',
    name: 'chunks of chunks',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  },
  ...['', 'zz', '-2', '0x2', ' 2', '2 ', '2x', '2;', '2;a b', '2;\xe4', '2;a="', '1'.repeat(13)].map((size) => ({
    parseError: 'a bad chunk size',
    name: `a chunk size of ${JSON.stringify(size)}`,
    text: `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${size}\r\nok\r\n0\r\n\r\n`,
  })),
  {
    parseError: 'a chunk longer than its size',
    name: 'a long chunk',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n',
  },
  {
    parseError: 'a field without a proper name',
    name: 'a broken trailer',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nwhat?\r\n\r\n',
  },
]
