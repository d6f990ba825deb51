/** The engine as a whole: its versions, its host, its events, its disk, registries' logins. */
package dev.abode.docker.system;
