//go:build tools

// Package tools pins the program that npm run s3:install builds.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"
