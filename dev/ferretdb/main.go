// Command ferretdb serves the MongoDB protocol out of SQLite files: the server that the tests of the MongoDB engine
// use. It embeds FerretDB, whose own command cannot be had with "go install".
package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:37017", "TCP address to listen on")
	state := flag.String("state", "", "existing folder for the SQLite files, one a database")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	folder := url.URL{Scheme: "file", Opaque: (&url.URL{Path: *state + "/"}).EscapedPath()}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: folder.String(),
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	go accept(listener, server, *state)
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

func accept(listener net.Listener, server *ferretdb.FerretDB, state string) {
	inner, err := url.Parse(server.MongoDBURI())
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", inner.Host)
			if err != nil {
				log.Print(err)
				return
			}
			defer server.Close()
			for relay(client, server, state) {
			}
		}()
	}
}

// changing is held while a document is changed. MongoDB changes a document in one step; FerretDB reads it, then stores
// what it made of it, so that of two changes at the same time one would be lost.
var changing sync.Mutex

// relay hands on one request and its reply, and tells whether there may be another.
func relay(client, server net.Conn, state string) bool {
	request, err := readMessage(client)
	if err != nil {
		return false
	}
	command := commandName(request)
	if command == "update" || command == "findAndModify" || command == "delete" {
		changing.Lock()
		defer changing.Unlock()
	}
	if _, err := server.Write(request); err != nil {
		return false
	}
	if wantsNoReply(request) {
		return true
	}
	reply, err := readMessage(server)
	if err != nil {
		return false
	}
	if command == "create" {
		indexKeys(state)
	}
	_, err = client.Write(reply)
	return err == nil
}

const (
	headerBytes     = 16
	maxMessageBytes = 48_000_000
	opMsg           = 2013
	moreToCome      = 2
)

func readMessage(from io.Reader) ([]byte, error) {
	header := make([]byte, headerBytes)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header)
	if length < headerBytes || length > maxMessageBytes {
		return nil, io.ErrUnexpectedEOF
	}
	message := make([]byte, length)
	copy(message, header)
	_, err := io.ReadFull(from, message[headerBytes:])
	return message, err
}

func isOpMsg(message []byte) bool {
	return len(message) > 27 && binary.LittleEndian.Uint32(message[12:]) == opMsg
}

func wantsNoReply(message []byte) bool {
	return isOpMsg(message) && binary.LittleEndian.Uint32(message[16:])&moreToCome != 0
}

// commandName is the name of the first field: after the header come four bytes of flags, the kind of the section, the
// length of its document and the type of the field.
func commandName(message []byte) string {
	if !isOpMsg(message) {
		return ""
	}
	name, _, _ := bytes.Cut(message[26:], []byte{0})
	return string(name)
}

// indexKeys makes an index for the expression by which FerretDB finds a document that it changes. Its own index is on
// another expression for the same thing, which SQLite does not see, so that every change reads the whole collection.
func indexKeys(state string) {
	files, err := filepath.Glob(filepath.Join(state, "*.sqlite"))
	if err != nil {
		log.Print(err)
	}
	for _, file := range files {
		if err := indexKeysOf(file); err != nil {
			log.Print(err)
		}
	}
}

func indexKeysOf(file string) error {
	location := url.URL{Scheme: "file", Path: file, RawQuery: "mode=rw&_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		return err
	}
	defer db.Close()
	tables, err := tablesOf(db)
	if err != nil {
		return err
	}
	for _, table := range tables {
		create := `CREATE INDEX IF NOT EXISTS "%[1]s_key" ON "%[1]s" (_ferretdb_sjson->'$._id')`
		if _, err := db.Exec(fmt.Sprintf(create, table)); err != nil {
			return err
		}
	}
	return nil
}

func tablesOf(db *sql.DB) ([]string, error) {
	rows, err := db.Query("SELECT table_name FROM _ferretdb_collections")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	return tables, rows.Err()
}
