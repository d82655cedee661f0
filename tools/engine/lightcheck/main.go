// lightcheck judges light blocks and blocks with CometBFT's own packages.
//
//	lightcheck serve            one JSON request a line on stdin, one verdict a line on stdout (see serve.go)
//	lightcheck node …           a CometBFT node with the kvstore example inside (see node.go)
//	lightcheck make FILE        vectors: a chain of four validators, one of them changing (see make.go)
//	lightcheck evidence FILE    vectors: double votes and a light client attack (see evidence.go)
package main

import (
	"encoding/base64"
	"fmt"
	"os"
)

func die(err error) {
	if err != nil {
		panic(err)
	}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func main() {
	if len(os.Args) > 1 {
		switch command := os.Args[1]; {
		case command == "serve":
			serve(os.Stdin, os.Stdout)
			return
		case command == "node":
			os.Args = append(os.Args[:1], os.Args[2:]...)
			runNode()
			return
		case command == "make" && len(os.Args) == 3:
			writeVectors(os.Args[2])
			return
		case command == "evidence" && len(os.Args) == 3:
			writeEvidence(os.Args[2])
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: lightcheck serve | node … | make FILE | evidence FILE")
	os.Exit(2)
}
