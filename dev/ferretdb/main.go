// Command ferretdb serves the MongoDB protocol out of SQLite files: the server that the tests of the MongoDB engine
// use. It embeds FerretDB, whose own command cannot be had with "go install".
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"io"
	"log"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:37017", "TCP address to listen on")
	state := flag.String("state", "", "existing folder for the SQLite files, one a database")
	flag.Parse()
	// Every scan makes a document of every row: collecting them took a third of its time.
	debug.SetGCPercent(400)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// What is stored survives the end of this program, not a power cut: the tests end no more than their own processes.
	pragmas := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(wal)", "synchronous(off)"}}
	path := url.URL{Path: *state + "/"}
	folder := url.URL{Scheme: "file", Opaque: path.EscapedPath(), RawQuery: pragmas.Encode()}
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
	go accept(listener, server)
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

func accept(listener net.Listener, server *ferretdb.FerretDB) {
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
			for relay(client, server) {
			}
		}()
	}
}

// changing is held while a document is changed. MongoDB changes a document in one step; FerretDB reads it, then stores
// what it made of it, so that of two changes at the same time one would be lost.
var changing sync.Mutex

// relay hands on one request and its reply, and tells whether there may be another.
func relay(client, server net.Conn) bool {
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
