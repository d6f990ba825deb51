/** How answers look: Docker's tables, its {@code --format} templates, its sizes and ages. */
package dev.abode.cli.format;
