//! A token explained.
