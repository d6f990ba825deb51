/**
 * Containers: their life, what they are and show, their streams and files, and processes in them.
 */
package dev.abode.docker.container;
