/** What can go wrong with a request, and which HTTP status says so. */
package dev.abode.docker.failure;
