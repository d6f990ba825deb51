/** What lists are narrowed down by. */
package dev.abode.docker.filter;
