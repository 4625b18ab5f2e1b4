//! Government objects of older libraries (protocol reference, objects §8.7).

use crate::objects::data_object::data_object;

data_object! {
    /// A vehicle test.
    VehicleTest(500) {
        /// Until when it holds, in **milliseconds** since 1970.
        expiry_date = "expirydate": i64,
        /// `1` or `PASS`, `2` or `FAIL`.
        test_result = "testresult": String,
        /// Odometer.
        odometer_reading = "odometerreading": f64,
        /// Unit of the odometer.
        odometer_unit = "odometerunit": String,
        /// Advice.
        advisory_notes = "advisorynotes": Vec<serde_json::Value>,
        /// Why it failed.
        failure_reasons = "failurereasons": Vec<serde_json::Value>,
    }
}

data_object! {
    /// A vehicle registration.
    VehicleRegistration(501) {
        /// Make.
        make = "make": String,
        /// Model.
        model = "model": String,
        /// Colour.
        colour = "colour": String,
        /// Fuel.
        fuel_type = "fueltype": String,
        /// Transmission.
        transmission = "transmission": String,
        /// Engine size.
        engine_capacity = "enginecapacity": String,
        /// Number of gears.
        gear_count = "gearcount": i64,
        /// Number of seats.
        seating_capacity = "seatingcapacity": i64,
        /// Emissions of carbon dioxide.
        co2_emissions = "co2emissions": f64,
        /// When it was made; the form is that of the source.
        manufacture_date = "manufacturedate": String,
        /// When it was registered; the form is that of the source.
        registration_date = "registrationdate": String,
    }
}
