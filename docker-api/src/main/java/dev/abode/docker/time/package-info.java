/** Times and durations in Go's text forms. */
package dev.abode.docker.time;
