/** Volumes: files that outlive the containers they are mounted into. */
package dev.abode.docker.volume;
