/** JSON as Docker's clients write and read it. */
package dev.abode.docker.json;
